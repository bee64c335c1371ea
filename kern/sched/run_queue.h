// SPDX-License-Identifier: MIT
// One CPU's ready threads: a FIFO per priority and a bit for each that is not empty. Internal to
// the scheduler; the queue's lock guards all of it.
#pragma once

#include "sched/thread.h"

struct run_queue {
    struct spinlock lock;
    uint32_t occupied;    // a bit per priority; read without the lock as a hint
    uint32_t ready_count; // the same
    struct thread *running;
    struct thread *dead; // switched out for good, not yet freed
    struct list ready[PRIORITIES];
} __attribute__((aligned(64)));

void run_queue_init(struct run_queue *queue);
void run_queue_push_back_locked(struct run_queue *queue, struct thread *thread);
void run_queue_push_front_locked(struct run_queue *queue, struct thread *thread);

// Takes out the first thread of the highest priority, if that is at least `priority`; or NULL.
struct thread *run_queue_pop_locked(struct run_queue *queue, uint8_t priority);

// The highest priority that is ready, or -1.
int run_queue_highest(const struct run_queue *queue);
