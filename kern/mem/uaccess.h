// SPDX-License-Identifier: MIT
// The only code that touches user memory. All of these may fault pages in, so the caller holds no
// spin lock, except for the _atomic forms, which touch only what is mapped.
#pragma once

#include "arch.h"

// True if [address, address+size) lies in user space and does not wrap. Says nothing of mappings.
static inline bool user_range_is_valid(uint64_t address, size_t size) {
    return size <= USER_ADDRESS_MAX && address <= USER_ADDRESS_MAX - size;
}

// 0, -EFAULT, or -ENOMEM when a page that is due cannot be had. A failed copy may have written a
// part of the destination.
int copy_from_user(void *to, uint64_t from, size_t size);
int copy_to_user(uint64_t to, const void *from, size_t size);

// Copies a zero-terminated string into a buffer of `size` bytes. Its length, an error as above, or
// -ENAMETOOLONG if it does not fit.
int copy_string_from_user(char *to, uint64_t from, size_t size);

// Without faulting anything in, so that a spin lock may be held: how many bytes were copied. A
// short count means: release the lock, call user_fault_in() at the first byte not copied, try
// again.
static inline size_t copy_from_user_atomic(void *to, uint64_t from, size_t size) {
    return user_range_is_valid(from, size) ? size - arch_user_copy(to, (const void *)from, size)
                                           : 0;
}

static inline size_t copy_to_user_atomic(uint64_t to, const void *from, size_t size) {
    return user_range_is_valid(to, size) ? size - arch_user_copy((void *)to, from, size) : 0;
}

// Makes the page at `address` accessible: 0, -EFAULT or -ENOMEM.
int user_fault_in(uint64_t address, bool write);

// Makes a whole range writable, so that a later copy_to_user() cannot fail: 0 or -EFAULT. For calls
// that must know before they commit. Also -ENOMEM.
int user_prepare_write(uint64_t address, size_t size);
