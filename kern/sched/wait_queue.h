// SPDX-License-Identifier: MIT
// Wait queues: threads that wait for one object, in order of priority and arrival. The object's own
// spin lock guards its queues; there is no lock inside.
#pragma once

#include "sched/thread.h"

struct wait_queue {
    struct list threads;
};

void wait_queue_init(struct wait_queue *queue);

// Sleeps on the queue. `lock` guards the queue and the condition; it is released while asleep and
// held again on return. The caller tests its condition again. Returns at once with WAKE_KILLED if
// the thread has been killed, and with WAKE_REVOKED if `cancelled` (which may be NULL) points at
// something else than 0: see thread_cancel_sleep().
enum wake_reason wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock,
                                  const uint32_t *cancelled, uint64_t deadline);

// The same for a wait that kill() does not end.
void wait_queue_sleep_unkillable(struct wait_queue *queue, struct spinlock *lock);

// Wakes the first thread that is still asleep. True if there was one. The lock is held.
bool wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);

// Whether somebody is on the queue whose wait has not been cancelled. The lock is held.
bool wait_queue_has_waiter(const struct wait_queue *queue);
