// SPDX-License-Identifier: MIT
// Marks memory that nobody may touch, where the build has AddressSanitizer; elsewhere nothing.
#pragma once

#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HOST_HAS_POISON 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HOST_HAS_POISON 1
#endif

#ifdef HOST_HAS_POISON
#include <sanitizer/asan_interface.h>

static inline void poison_range(const void *start, size_t size) {
    __asan_poison_memory_region(start, size);
}

static inline void unpoison_range(const void *start, size_t size) {
    __asan_unpoison_memory_region(start, size);
}

static inline int is_poisoned(const void *address) { return __asan_address_is_poisoned(address); }
#else
static inline void poison_range(const void *start, size_t size) {
    (void)start;
    (void)size;
}

static inline void unpoison_range(const void *start, size_t size) {
    (void)start;
    (void)size;
}

static inline int is_poisoned(const void *address) {
    (void)address;
    return 0;
}
#endif
