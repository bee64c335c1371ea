// SPDX-License-Identifier: MIT
// Around the kernel's allocators, by the linker's --wrap: allocations fail when a test says so, and
// AddressSanitizer learns which pages and objects are free. The allocators themselves are compiled
// without it, since they may touch what is free.

#include "host.h"
#include "mem/object_cache.h"
#include "mem/page.h"
#include "poison.h"

// A machine that is switched off frees nothing. The first race is enough to fail a test.
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void) { return "detect_leaks=0"; }

const char *__tsan_default_options(void) { return "halt_on_error=1:atexit_sleep_ms=0"; }

static uint64_t allowed = UINT64_MAX; // atomic: allocations before the first that fails

void host_fail_allocations_after(uint64_t count) {
    __atomic_store_n(&allowed, count, __ATOMIC_RELAXED);
}

bool host_allocation_fails(void) {
    uint64_t left = __atomic_load_n(&allowed, __ATOMIC_RELAXED);
    if (left == UINT64_MAX) return false;
    if (left > 0) __atomic_fetch_sub(&allowed, 1, __ATOMIC_RELAXED);
    return left == 0;
}

void *__real_page_alloc(void);
void *__real_page_alloc_zeroed(void);
void __real_page_put(void *page);
void *__real_object_cache_alloc(struct object_cache *cache);
void __real_object_cache_free(struct object_cache *cache, void *object);

void *__wrap_page_alloc(void);
void *__wrap_page_alloc_zeroed(void);
void __wrap_page_put(void *page);
void *__wrap_object_cache_alloc(struct object_cache *cache);
void __wrap_object_cache_free(struct object_cache *cache, void *object);

void *__wrap_page_alloc(void) {
    void *page = host_allocation_fails() ? NULL : __real_page_alloc();
    if (page) unpoison_range(page, PAGE_SIZE);
    return page;
}

void *__wrap_page_alloc_zeroed(void) {
    void *page = host_allocation_fails() ? NULL : __real_page_alloc_zeroed();
    if (page) unpoison_range(page, PAGE_SIZE);
    return page;
}

// Marked before it is free: afterwards it may already be another CPU's.
void __wrap_page_put(void *page) {
    if (!page_is_shared(page)) poison_range(page, PAGE_SIZE);
    __real_page_put(page);
}

void *__wrap_object_cache_alloc(struct object_cache *cache) {
    void *object = host_allocation_fails() ? NULL : __real_object_cache_alloc(cache);
    if (object) unpoison_range(object, cache->object_size);
    return object;
}

void __wrap_object_cache_free(struct object_cache *cache, void *object) {
    if (is_poisoned(object)) host_give_up("an object is freed that is free already");
    poison_range(object, cache->object_size);
    __real_object_cache_free(cache, object);
}
