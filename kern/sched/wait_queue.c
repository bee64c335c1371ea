// SPDX-License-Identifier: MIT
// How threads become ready, sleep, and wait in queues. A thread's state changes under the run-queue
// lock of its CPU. A wait queue is guarded by its object's spin lock, which its functions expect
// held; a thread is taken off either by the waker or, when something else woke it, by itself.

#include "sched/wait_queue.h"
#include "sched/run_queue.h"

enum sleep_kind { SLEEP_KILLABLE, SLEEP_UNKILLABLE };

// ---- Becoming ready ----------------------------------------------------------------------------

static __attribute__((noinline)) void interrupt_idle_cpu(uint32_t mask) {
    uint32_t index = (uint32_t)__builtin_ctz(mask);
    uint32_t before = __atomic_fetch_and(&sched_idle_mask, ~(1u << index), __ATOMIC_SEQ_CST);
    if (before & (1u << index)) arch_ipi_send(index);
}

// Lets an idle CPU look for work, if there is one.
static inline void kick_idle_cpu(void) {
    // A CPU that becomes idle sets its bit before it looks at the queues; this is the other half.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t mask = __atomic_load_n(&sched_idle_mask, __ATOMIC_RELAXED);
    if (mask) interrupt_idle_cpu(mask);
}

static __attribute__((noinline)) void interrupt_cpu(uint32_t index) {
    __atomic_fetch_and(&sched_idle_mask, ~(1u << index), __ATOMIC_SEQ_CST);
    arch_ipi_send(index);
}

// Puts a thread on a queue and makes somebody run it. Releases the queue's lock.
static inline void enqueue_locked(struct run_queue *queue, struct thread *thread) {
    const struct cpu *cpu = thread->header.cpu;
    struct thread *running = queue->running;
    bool preempts = thread->priority > running->priority;
    bool is_idle = running->priority == PRIORITY_IDLE;
    thread->state = THREAD_READY;
    run_queue_push_back_locked(queue, thread);
    if (preempts) __atomic_store_n(&running->need_resched, true, __ATOMIC_RELAXED);
    bool is_other_cpu = cpu != this_cpu();
    spinlock_release(&queue->lock);
    if (preempts && is_other_cpu)
        interrupt_cpu(cpu->index);
    else if (!is_idle)
        kick_idle_cpu();
}

static __attribute__((noinline)) struct run_queue *lock_queue_of_moving(struct thread *thread) {
    for (;;) {
        struct cpu *cpu = __atomic_load_n(&thread->header.cpu, __ATOMIC_RELAXED);
        struct run_queue *queue = cpu->run_queue;
        spinlock_acquire(&queue->lock);
        if (__atomic_load_n(&thread->header.cpu, __ATOMIC_ACQUIRE) == cpu) return queue;
        spinlock_release(&queue->lock);
    }
}

// Locks the queue of the CPU that the thread belongs to; it hardly ever moves meanwhile. A thief
// moves it under the old CPU's lock only, so the second look is what orders us behind that.
static inline struct run_queue *lock_queue_of(struct thread *thread) {
    struct cpu *cpu = __atomic_load_n(&thread->header.cpu, __ATOMIC_RELAXED);
    struct run_queue *queue = cpu->run_queue;
    spinlock_acquire(&queue->lock);
    if (__builtin_expect(__atomic_load_n(&thread->header.cpu, __ATOMIC_ACQUIRE) == cpu, 1))
        return queue;
    spinlock_release(&queue->lock);
    return lock_queue_of_moving(thread);
}

bool thread_wake(struct thread *thread, enum wake_reason reason) {
    struct run_queue *queue = lock_queue_of(thread);
    if (thread->state != THREAD_SLEEPING || (thread->unkillable && reason != WAKE_EVENT)) {
        spinlock_release(&queue->lock);
        return false;
    }
    thread->wake_reason = reason;
    enqueue_locked(queue, thread);
    return true;
}

// Also releases the queue.
static void set_priority_locked(struct run_queue *queue, struct thread *thread, uint8_t priority) {
    bool is_queued = thread->priority != priority && thread->state == THREAD_READY &&
                     run_queue_remove_locked(queue, thread);
    thread->priority = priority;
    if (thread->state == THREAD_RUNNING && run_queue_highest(queue) > priority)
        __atomic_store_n(&thread->need_resched, true, __ATOMIC_RELAXED);
    if (is_queued)
        enqueue_locked(queue, thread);
    else
        spinlock_release(&queue->lock);
}

void thread_lend_priority(struct thread *thread, uint8_t priority) {
    struct run_queue *queue = lock_queue_of(thread);
    set_priority_locked(queue, thread, priority > thread->priority ? priority : thread->priority);
}

void thread_change_priority(struct thread *thread, uint8_t priority) {
    struct run_queue *queue = lock_queue_of(thread);
    bool has_borrowed = thread->priority > thread->own_priority;
    thread->own_priority = priority;
    set_priority_locked(queue, thread,
                        has_borrowed && thread->priority > priority ? thread->priority : priority);
}

void thread_take_back_priority(struct thread *thread) {
    struct run_queue *queue = lock_queue_of(thread);
    set_priority_locked(queue, thread, thread->own_priority);
}

void thread_cancel_sleep(struct thread *thread, const uint32_t *cancelled) {
    struct run_queue *queue = lock_queue_of(thread);
    bool sleeps_with_it = thread->cancelled == cancelled || thread->cancelled_too == cancelled;
    if (thread->state != THREAD_SLEEPING || !sleeps_with_it) {
        spinlock_release(&queue->lock);
        return;
    }
    thread->wake_reason = WAKE_REVOKED;
    enqueue_locked(queue, thread);
}

void thread_kill(struct thread *thread) {
    __atomic_store_n(&thread->killed, true, __ATOMIC_SEQ_CST);
    thread_wake(thread, WAKE_KILLED);
}

void thread_start(struct thread *thread) {
    interrupts_disable();
    uint32_t mask = __atomic_load_n(&sched_idle_mask, __ATOMIC_RELAXED);
    uint32_t index = mask ? (uint32_t)__builtin_ctz(mask) : this_cpu()->index;
    struct run_queue *queue = &run_queues[index];
    spinlock_acquire(&queue->lock);
    thread->header.cpu = &cpus[index];
    enqueue_locked(queue, thread);
    interrupts_restore();
}

// ---- Sleeping ----------------------------------------------------------------------------------

static inline bool is_cancelled(const struct thread *thread) {
    const uint32_t *first = thread->cancelled, *second = thread->cancelled_too;
    return (first && __atomic_load_n(first, __ATOMIC_RELAXED)) ||
           (second && __atomic_load_n(second, __ATOMIC_RELAXED));
}

// A timeout that expired, a kill or a cancellation before the thread slept found it awake. Whoever
// cancels takes the run queue's lock, which is held here, after setting the flag.
static inline bool sleep_is_over(const struct thread *thread, enum sleep_kind kind) {
    if (thread->has_deadline && !__atomic_load_n(&thread->timeout.armed, __ATOMIC_ACQUIRE))
        return true;
    if (kind == SLEEP_UNKILLABLE) return false;
    return __atomic_load_n(&thread->killed, __ATOMIC_RELAXED) || is_cancelled(thread);
}

static __attribute__((noinline, cold)) enum wake_reason
stay_awake_locked(struct run_queue *queue, const struct thread *thread) {
    spinlock_release(&queue->lock);
    if (__atomic_load_n(&thread->killed, __ATOMIC_RELAXED)) return WAKE_KILLED;
    return is_cancelled(thread) ? WAKE_REVOKED : WAKE_TIMEOUT;
}

// Puts the current thread to sleep and releases `lock`, in one step as seen by thread_wake(). Does
// not sleep if the thread has been killed and may be.
static inline enum wake_reason thread_sleep(struct spinlock *lock, enum sleep_kind kind) {
    struct thread *thread = thread_current();
    spinlock_assert_held(lock);
    struct run_queue *queue = run_queue_own();
    spinlock_acquire(&queue->lock);
    spinlock_release(lock);
    if (__builtin_expect(sleep_is_over(thread, kind), 0)) return stay_awake_locked(queue, thread);
    thread->unkillable = kind == SLEEP_UNKILLABLE;
    thread->state = THREAD_SLEEPING;
    sched_switch_locked(queue);
    return thread->wake_reason;
}

static void timeout_expired(struct timeout *timeout) {
    thread_wake(container_of(timeout, struct thread, timeout), WAKE_TIMEOUT);
}

// The same, killable, until `deadline` at most.
static __attribute__((noinline)) enum wake_reason thread_sleep_with_deadline(struct spinlock *lock,
                                                                             uint64_t deadline) {
    struct thread *thread = thread_current();
    timeout_arm(&thread->timeout, deadline, timeout_expired);
    thread->has_deadline = true;
    enum wake_reason reason = thread_sleep(lock, SLEEP_KILLABLE);
    thread->has_deadline = false;
    timeout_cancel(&thread->timeout);
    return reason;
}

enum wake_reason thread_sleep_until(uint64_t deadline) {
    // Nobody else takes this lock: there is no condition but time.
    struct spinlock lock = SPINLOCK_INIT(LOCK_SLEEP_LOCK);
    if (deadline <= clock_now()) return WAKE_TIMEOUT;
    thread_current()->cancelled = NULL;
    spinlock_acquire(&lock);
    return thread_sleep_with_deadline(&lock, deadline);
}

// ---- Wait queues -------------------------------------------------------------------------------

void wait_queue_init(struct wait_queue *queue) { list_init(&queue->threads); }

// Behind all of at least its priority.
static void insert(struct wait_queue *queue, struct thread *thread) {
    struct list *after = queue->threads.previous;
    while (after != &queue->threads &&
           container_of(after, struct thread, wait_node)->priority < thread->priority)
        after = after->previous;
    list_insert_after(after, &thread->wait_node);
}

enum wake_reason wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock,
                                  const uint32_t *cancelled, uint64_t deadline) {
    struct thread *thread = thread_current();
    thread->cancelled = cancelled;
    insert(queue, thread);
    enum wake_reason reason = deadline == TIMEOUT_NEVER
                                  ? thread_sleep(lock, SLEEP_KILLABLE)
                                  : thread_sleep_with_deadline(lock, deadline);
    spinlock_acquire(lock);
    if (reason != WAKE_EVENT) // else the waker has done it
        list_remove(&thread->wait_node);
    return reason;
}

void wait_queue_sleep_unkillable(struct wait_queue *queue, struct spinlock *lock) {
    struct thread *thread = thread_current();
    thread->cancelled = NULL;
    insert(queue, thread);
    thread_sleep(lock, SLEEP_UNKILLABLE);
    spinlock_acquire(lock);
}

bool wait_queue_wake_one(struct wait_queue *queue) {
    while (!list_is_empty(&queue->threads)) {
        struct list *first = queue->threads.next;
        list_remove(first);
        // False if a timeout or kill has woken it already: the event is the next one's.
        if (thread_wake(container_of(first, struct thread, wait_node), WAKE_EVENT)) return true;
    }
    return false;
}

void wait_queue_wake_all(struct wait_queue *queue) {
    while (wait_queue_wake_one(queue))
        ;
}

bool wait_queue_has_waiter(const struct wait_queue *queue) {
    list_for_each(node, &queue->threads) if (!is_cancelled(container_of(node, struct thread,
                                                                        wait_node))) return true;
    return false;
}
