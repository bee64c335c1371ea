// SPDX-License-Identifier: MIT
// Run queues; see run_queue.h. The queue's lock guards everything.

#include "sched/run_queue.h"
#include "lib/print.h"

void run_queue_init(struct run_queue *queue) {
    spinlock_init(&queue->lock, LOCK_RUN_QUEUE);
    queue->highest = -1;
    for (int i = 0; i < PRIORITIES; i++) list_init(&queue->ready[i]);
}
