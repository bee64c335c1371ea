// SPDX-License-Identifier: MIT
// A lock that may be held while sleeping or touching user memory. No recursion. A thread that
// waits for one cannot be killed out of it, so holders never wait for user programs.
#pragma once

#include "sched/wait_queue.h"

struct sleep_lock {
    uint32_t state; // atomic: free, held, or held and somebody may be waiting
    struct thread *holder;
    struct spinlock lock; // guards the queue
    struct wait_queue waiters;
};

void sleep_lock_init(struct sleep_lock *lock);
void sleep_lock_acquire(struct sleep_lock *lock);
void sleep_lock_release(struct sleep_lock *lock);
bool sleep_lock_is_mine(const struct sleep_lock *lock);
