// SPDX-License-Identifier: MIT
// Wait queues. The object's spin lock, which every function expects held, guards the list; a thread
// is taken off either by the waker or, when something else woke it, by itself.

#include "sched/wait_queue.h"

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->threads);
}

// Behind all of at least its priority.
static void insert(struct wait_queue *queue, struct thread *thread)
{
    struct list *after = queue->threads.previous;
    while (after != &queue->threads &&
           container_of(after, struct thread, wait_node)->priority < thread->priority)
        after = after->previous;
    list_insert_after(after, &thread->wait_node);
}

static enum wake_reason sleep(struct wait_queue *queue, struct spinlock *lock, const void *key,
                              uint64_t deadline, enum sleep_kind kind)
{
    struct thread *thread = thread_current();
    thread->wait_key = key;
    insert(queue, thread);
    enum wake_reason reason = thread_sleep_releasing(lock, deadline, kind);
    spinlock_acquire(lock);
    list_remove(&thread->wait_node);
    return reason;
}

enum wake_reason wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock, const void *key,
                                  uint64_t deadline)
{
    return sleep(queue, lock, key, deadline, SLEEP_KILLABLE);
}

void wait_queue_sleep_unkillable(struct wait_queue *queue, struct spinlock *lock)
{
    sleep(queue, lock, NULL, TIMEOUT_NEVER, SLEEP_UNKILLABLE);
}

bool wait_queue_wake_one(struct wait_queue *queue)
{
    while (!list_is_empty(&queue->threads)) {
        struct list *first = queue->threads.next;
        list_remove(first);
        // False if a timeout or kill has woken it already: the event is the next one's.
        if (thread_wake(container_of(first, struct thread, wait_node), WAKE_EVENT))
            return true;
    }
    return false;
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    while (wait_queue_wake_one(queue))
        ;
}

void wait_queue_wake_key(struct wait_queue *queue, const void *key)
{
    list_for_each(node, &queue->threads)
    {
        struct thread *thread = container_of(node, struct thread, wait_node);
        if (thread->wait_key == key) {
            list_remove(node);
            thread_wake(thread, WAKE_REVOKED);
        }
    }
}
