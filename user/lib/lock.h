// SPDX-License-Identifier: MIT
// What keeps the threads of one program apart inside the library, as a rule for a few instructions
// at a time.
#pragma once

#include <stdbool.h>
#include <syscalls.h>

typedef bool library_lock;

#define LIBRARY_LOCK_PAUSE 1000000 // nanoseconds

static inline bool library_lock_try(library_lock *lock) {
    return !__atomic_test_and_set(lock, __ATOMIC_ACQUIRE);
}

// A yield gives way to threads of the same priority only, so a waiter of a higher one has to sleep
// or the holder may never run again.
static inline void library_lock_acquire(library_lock *lock) {
    if (library_lock_try(lock)) return;
    sys_yield();
    while (!library_lock_try(lock)) sys_sleep(LIBRARY_LOCK_PAUSE);
}

static inline void library_lock_release(library_lock *lock) {
    __atomic_clear(lock, __ATOMIC_RELEASE);
}
