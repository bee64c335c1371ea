// SPDX-License-Identifier: MIT
// What keeps the threads of one program apart inside the library, for a few instructions at a time.
#pragma once

#include <stdbool.h>
#include <syscalls.h>

typedef bool library_lock;

static inline void library_lock_acquire(library_lock *lock) {
    while (__atomic_test_and_set(lock, __ATOMIC_ACQUIRE)) sys_yield();
}

static inline void library_lock_release(library_lock *lock) {
    __atomic_clear(lock, __ATOMIC_RELEASE);
}
