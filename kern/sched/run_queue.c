// SPDX-License-Identifier: MIT
// Run queues; see run_queue.h. The queue's lock guards everything.

#include "sched/run_queue.h"
#include "lib/print.h"

void run_queue_init(struct run_queue *queue)
{
    spinlock_init(&queue->lock, LOCK_RUN_QUEUE);
    for (int i = 0; i < PRIORITIES; i++)
        list_init(&queue->ready[i]);
}

// Written under the lock, but other CPUs look without it.
static void set_hints(struct run_queue *queue, uint32_t occupied, uint32_t ready_count)
{
    __atomic_store_n(&queue->occupied, occupied, __ATOMIC_RELAXED);
    __atomic_store_n(&queue->ready_count, ready_count, __ATOMIC_RELAXED);
}

static void count_in(struct run_queue *queue, const struct thread *thread)
{
    set_hints(queue, queue->occupied | 1u << thread->priority, queue->ready_count + 1);
}

void run_queue_push_back_locked(struct run_queue *queue, struct thread *thread)
{
    list_push_back(&queue->ready[thread->priority], &thread->run_node);
    count_in(queue, thread);
}

void run_queue_push_front_locked(struct run_queue *queue, struct thread *thread)
{
    list_push_front(&queue->ready[thread->priority], &thread->run_node);
    count_in(queue, thread);
}

int run_queue_highest(const struct run_queue *queue)
{
    uint32_t occupied = __atomic_load_n(&queue->occupied, __ATOMIC_RELAXED);
    return occupied ? 31 - __builtin_clz(occupied) : -1;
}

struct thread *run_queue_pop_locked(struct run_queue *queue, uint8_t priority)
{
    int highest = run_queue_highest(queue);
    if (highest < priority)
        return NULL;
    struct list *ready = &queue->ready[highest];
    struct thread *thread = container_of(ready->next, struct thread, run_node);
    list_remove(&thread->run_node);
    uint32_t emptied = list_is_empty(ready) ? 1u << highest : 0;
    set_hints(queue, queue->occupied & ~emptied, queue->ready_count - 1);
    return thread;
}
