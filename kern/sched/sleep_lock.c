// SPDX-License-Identifier: MIT
// Sleep locks. The state word decides; the inner spin lock guards the queue. A woken waiter
// competes again, so a busy lock is never idle while somebody could use it.

#include "sched/sleep_lock.h"
#include "lib/print.h"

enum { FREE, HELD, HELD_AND_WAITED_FOR };

void sleep_lock_init(struct sleep_lock *lock) {
    *lock = (struct sleep_lock){.state = FREE};
    spinlock_init(&lock->lock, LOCK_SLEEP_LOCK);
    wait_queue_init(&lock->waiters);
}

void sleep_lock_acquire(struct sleep_lock *lock) {
    spinlock_assert_none_held();
    kassert(!sleep_lock_is_mine(lock));
    uint32_t expected = FREE;
    if (!__atomic_compare_exchange_n(&lock->state, &expected, HELD, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        spinlock_acquire(&lock->lock);
        // Whoever takes it from here on may leave waiters behind, so the mark stays.
        while (__atomic_exchange_n(&lock->state, HELD_AND_WAITED_FOR, __ATOMIC_ACQUIRE) != FREE)
            wait_queue_sleep_unkillable(&lock->waiters, &lock->lock);
        spinlock_release(&lock->lock);
    }
    __atomic_store_n(&lock->holder, thread_current(), __ATOMIC_RELAXED);
}

void sleep_lock_release(struct sleep_lock *lock) {
    kassert(sleep_lock_is_mine(lock));
    __atomic_store_n(&lock->holder, NULL, __ATOMIC_RELAXED);
    if (__atomic_exchange_n(&lock->state, FREE, __ATOMIC_RELEASE) == HELD) return;
    spinlock_acquire(&lock->lock);
    wait_queue_wake_one(&lock->waiters);
    spinlock_release(&lock->lock);
}

bool sleep_lock_is_mine(const struct sleep_lock *lock) {
    return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == thread_current();
}
