// SPDX-License-Identifier: MIT
// One CPU's ready threads: a FIFO per priority and a bit for each that is not empty. Internal to
// the scheduler; the queue's lock guards all of it.
#pragma once

#include "sched/thread.h"

struct run_queue {
    struct spinlock lock;
    uint32_t occupied;    // a bit per priority
    int highest;          // of those, or -1; other CPUs read it without the lock as a hint
    uint32_t ready_count; // the same
    struct thread *running;
    struct thread *dead; // switched out for good, not yet freed
    struct list ready[PRIORITIES];
} __attribute__((aligned(64)));

extern struct run_queue run_queues[MAX_CPUS];
extern uint32_t sched_idle_mask; // atomic: CPUs that wait for work

// This CPU's; interrupts are off.
static inline struct run_queue *run_queue_own(void) { return this_cpu()->run_queue; }

// Switches to the best ready thread, or to the idle thread. The current thread's state says what
// becomes of it. Releases the queue's lock.
void sched_switch_locked(struct run_queue *queue);

// The highest priority that is ready, or -1.
static inline int run_queue_highest(const struct run_queue *queue) {
    return __atomic_load_n(&queue->highest, __ATOMIC_RELAXED);
}

// Written under the lock, but other CPUs look without it.
static inline void run_queue_set_hints(struct run_queue *queue, int highest, uint32_t ready_count) {
    __atomic_store_n(&queue->highest, highest, __ATOMIC_RELAXED);
    __atomic_store_n(&queue->ready_count, ready_count, __ATOMIC_RELAXED);
}

static inline void run_queue_count_in(struct run_queue *queue, const struct thread *thread) {
    queue->occupied |= 1u << thread->priority;
    run_queue_set_hints(queue,
                        thread->priority > queue->highest ? thread->priority : queue->highest,
                        queue->ready_count + 1);
}

static inline void run_queue_push_back_locked(struct run_queue *queue, struct thread *thread) {
    list_push_back(&queue->ready[thread->priority], &thread->run_node);
    run_queue_count_in(queue, thread);
}

// Takes out a thread that is ready here; false if it is on its way to another queue.
static inline bool run_queue_remove_locked(struct run_queue *queue, struct thread *thread) {
    if (list_is_empty(&thread->run_node)) return false;
    list_remove(&thread->run_node);
    if (list_is_empty(&queue->ready[thread->priority]))
        queue->occupied &= ~(1u << thread->priority);
    run_queue_set_hints(queue, queue->occupied ? 31 - __builtin_clz(queue->occupied) : -1,
                        queue->ready_count - 1);
    return true;
}

// Takes out the first thread of the highest priority, if that is at least `priority`; or NULL.
static inline struct thread *run_queue_pop_locked(struct run_queue *queue, uint8_t priority) {
    int highest = queue->highest;
    if (highest < priority) return NULL;
    struct list *ready = &queue->ready[highest];
    struct thread *thread = container_of(ready->next, struct thread, run_node);
    list_remove(&thread->run_node);
    if (list_is_empty(ready)) {
        queue->occupied &= ~(1u << highest);
        // Mostly there is one priority, and the loop does not run.
        while (highest >= 0 && !(queue->occupied >> highest & 1))
            highest = queue->occupied ? highest - 1 : -1;
    }
    run_queue_set_hints(queue, highest, queue->ready_count - 1);
    return thread;
}
