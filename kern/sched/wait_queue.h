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
// held again on return. The caller tests its condition again. `key` (may be NULL) is what
// wait_queue_wake_key() matches. Returns at once with WAKE_KILLED if the thread has been killed.
enum wake_reason wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock, const void *key,
                                  uint64_t deadline);

// The same for a wait that kill() does not end.
void wait_queue_sleep_unkillable(struct wait_queue *queue, struct spinlock *lock);

// Wakes the first thread that is still asleep. True if there was one. The lock is held.
bool wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);

// Wakes every thread that waits with this key, with WAKE_REVOKED. The lock is held.
void wait_queue_wake_key(struct wait_queue *queue, const void *key);
