// SPDX-License-Identifier: MIT
// The scheduler. A CPU holds its own run-queue lock across a context switch, and the thread that
// comes in releases it; so whoever holds the lock of a thread's CPU knows that the thread is either
// running there or switched out completely. No code holds two run-queue locks.

#include "sched/thread.h"
#include "abi/errno.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/address_space.h"
#include "mem/kernel_map.h"
#include "sched/run_queue.h"

#define BALANCE_INTERVAL (8 * TIME_SLICE) // how often a busy CPU looks at the queues of others

struct run_queue run_queues[MAX_CPUS];
uint32_t sched_idle_mask;
static struct thread idle_threads[MAX_CPUS];

struct thread *sched_idle_thread(uint32_t index) {
    return &idle_threads[index];
}

static void init_cpu(uint32_t index) {
    struct thread *idle = &idle_threads[index];
    cpus[index].index = index;
    cpus[index].run_queue = &run_queues[index];
    idle->header.cpu = &cpus[index];
    idle->header.interrupts_depth = 1; // until sched_idle()
    idle->state = THREAD_RUNNING;
    idle->priority = PRIORITY_IDLE;
    format_string(idle->name, sizeof(idle->name), "idle/%u", index);
    list_init(&idle->run_node);
    list_init(&idle->wait_node);
    struct run_queue *queue = &run_queues[index];
    spinlock_init(&queue->lock, LOCK_RUN_QUEUE);
    queue->highest = -1;
    for (int i = 0; i < PRIORITIES; i++) list_init(&queue->ready[i]);
    queue->running = idle;
}

void sched_init_boot_cpu(void) {
    for (uint32_t i = 0; i < MAX_CPUS; i++) init_cpu(i);
    arch_set_current(&idle_threads[0].header);
    cpus[0].online = true;
}

void sched_init_cpu(uint32_t index) {
    cpus[index].page_table_active = kernel_map_page_table();
    __atomic_store_n(&cpus[index].online, true, __ATOMIC_RELEASE);
}

// ---- Switching ---------------------------------------------------------------------------------

// The second half of every switch, on the stack of the thread that came in.
static void finish_switch(void) {
    struct run_queue *queue = run_queue_own();
    struct thread *dead = queue->dead;
    queue->dead = NULL;
    spinlock_release(&queue->lock);
    if (dead) dead->on_dead(dead);
}

static void thread_begin(void *argument) {
    struct thread *thread = argument;
    finish_switch();
    thread->entry(thread->argument);
    thread_exit();
}

// The tick goes on from thread to thread; only a CPU that was idle has none.
static void start_slice(struct thread *thread, uint64_t now) {
    thread->run_started = now;
    __atomic_store_n(&thread->need_resched, false, __ATOMIC_RELAXED);
    if (thread->priority != PRIORITY_IDLE && !thread->header.cpu->has_tick)
        clock_set_tick(now + TIME_SLICE);
}

void sched_switch_locked(struct run_queue *queue) {
    struct thread *previous = thread_current();
    kassert(!CONFIG_DEBUG || this_cpu()->locks_held_count == 1);
    struct thread *next = run_queue_pop_locked(queue, PRIORITY_LOWEST);
    if (!next) next = &idle_threads[this_cpu()->index];
    next->state = THREAD_RUNNING;
    if (next == previous) {
        spinlock_release(&queue->lock);
        return;
    }
    queue->running = next;
    uint64_t now = clock_now();
    previous->run_time += now - previous->run_started;
    __atomic_store_n(&next->header.cpu, previous->header.cpu,
                     __ATOMIC_RELAXED); // see lock_queue_of()
    kernel_map_sync();
    address_space_switch_to(&next->header);
    arch_set_current(&next->header);
    arch_set_trap_stack(next->stack_top);
    start_slice(next, now);
    arch_context_switch(&previous->context, &next->context);
    finish_switch();
}

static struct run_queue *lock_own_queue(void) {
    interrupts_disable(); // or the thread might move to another CPU in between
    struct run_queue *queue = run_queue_own();
    spinlock_acquire(&queue->lock);
    interrupts_restore();
    return queue;
}

void thread_yield(void) {
    struct run_queue *queue = lock_own_queue();
    struct thread *thread = thread_current();
    if (run_queue_highest(queue) < thread->priority) {
        spinlock_release(&queue->lock);
        return;
    }
    thread->state = THREAD_READY;
    if (thread->priority != PRIORITY_IDLE) run_queue_push_back_locked(queue, thread);
    sched_switch_locked(queue);
}

// The current thread goes on with a lower or higher priority. Releases the queue.
static void change_priority_locked(struct run_queue *queue, uint8_t priority) {
    thread_current()->priority = priority;
    bool is_outranked = run_queue_highest(queue) > priority;
    spinlock_release(&queue->lock);
    if (is_outranked) thread_yield();
}

void thread_set_own_priority(uint8_t priority) {
    struct run_queue *queue = lock_own_queue(); // others lend under it
    struct thread *thread = thread_current();
    bool keeps_borrowed = thread->priority > thread->own_priority && thread->priority > priority;
    thread->own_priority = priority;
    change_priority_locked(queue, keeps_borrowed ? thread->priority : priority);
}

void thread_return_priority(void) {
    change_priority_locked(lock_own_queue(), thread_current()->own_priority);
}

void sched_give_way(void) {
    struct thread *thread = thread_current();
    __atomic_store_n(&thread->need_resched, false, __ATOMIC_RELAXED);
    // The idle thread is about to do so, and to take back before that that its CPU is idle.
    if (thread->priority != PRIORITY_IDLE) thread_yield();
}

void thread_exit(void) {
    struct run_queue *queue = lock_own_queue();
    struct thread *thread = thread_current();
    thread->state = THREAD_DEAD;
    queue->dead = thread;
    sched_switch_locked(queue);
    panic("a dead thread runs: %s", thread->name);
}

// ---- Creation and end --------------------------------------------------------------------------

int thread_init(struct thread *thread, const char *name, void (*entry)(void *), void *argument,
                uint8_t priority) {
    thread->stack_top = kernel_stack_alloc();
    if (!thread->stack_top) return -ENOMEM;
    interrupts_disable();
    thread->header.cpu = this_cpu();
    interrupts_restore();
    // It comes in holding its CPU's run-queue lock, which finish_switch() releases.
    thread->header.interrupts_depth = 1;
    thread->state = THREAD_NEW;
    thread->priority = thread->own_priority = priority;
    thread->entry = entry;
    thread->argument = argument;
    list_init(&thread->run_node);
    list_init(&thread->wait_node);
    string_copy(thread->name, name, sizeof(thread->name));
    arch_context_init(&thread->context, arch_frame_of_stack(thread->stack_top), thread_begin,
                      thread);
    return 0;
}

void thread_destroy(struct thread *thread) {
    kernel_stack_free(thread->stack_top);
    thread->stack_top = NULL;
}

// ---- Perturbation ------------------------------------------------------------------------------

#define PERTURB_ONE_IN 8

static uint64_t perturb_state[MAX_CPUS]; // each CPU's own

static void perturb(void) {
    interrupts_disable();
    uint64_t *state = &perturb_state[this_cpu()->index];
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    bool gives_way = (*state >> 33) % PERTURB_ONE_IN == 0;
    interrupts_restore();
    if (gives_way) thread_yield();
}

void sched_perturb(uint64_t seed) {
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        perturb_state[i] = seed + i * UINT64_C(0x9e3779b97f4a7c15);
    lock_release_hook = perturb;
}

// ---- Ticks and idle CPUs -----------------------------------------------------------------------

// Moves the best ready thread here, if its priority is at least this. Releases the victim's lock.
static bool move_here_locked(struct run_queue *victim, uint8_t priority) {
    struct cpu *cpu = this_cpu();
    struct thread *thread = run_queue_pop_locked(victim, priority);
    if (thread) __atomic_store_n(&thread->header.cpu, cpu, __ATOMIC_RELEASE);
    spinlock_release(&victim->lock);
    if (!thread) return false;
    spinlock_acquire(&cpu->run_queue->lock);
    run_queue_push_back_locked(cpu->run_queue, thread);
    spinlock_release(&cpu->run_queue->lock);
    return true;
}

// Moves a ready thread here from the CPU with the most, if that has `margin` more than this one.
static bool steal_work(uint32_t margin) {
    uint32_t own = this_cpu()->index, victim = own, most = 0;
    for (uint32_t i = 0; i < __atomic_load_n(&cpu_count, __ATOMIC_RELAXED); i++) {
        uint32_t count = __atomic_load_n(&run_queues[i].ready_count, __ATOMIC_RELAXED);
        if (i != own && count > most) {
            most = count;
            victim = i;
        }
    }
    if (most < __atomic_load_n(&run_queues[own].ready_count, __ATOMIC_RELAXED) + margin)
        return false;
    spinlock_acquire(&run_queues[victim].lock);
    return move_here_locked(&run_queues[victim], PRIORITY_LOWEST);
}

// Moves a thread here that waits behind a better one, while one that is no better than it runs
// here.
static bool steal_outranked(uint8_t priority) {
    for (uint32_t i = 0; i < __atomic_load_n(&cpu_count, __ATOMIC_RELAXED); i++) {
        struct run_queue *victim = &run_queues[i];
        if (i == this_cpu()->index || run_queue_highest(victim) < priority) continue;
        spinlock_acquire(&victim->lock);
        bool is_outranked = victim->running->priority > run_queue_highest(victim);
        if (move_here_locked(victim, is_outranked ? priority : PRIORITIES)) return true;
    }
    return false;
}

// Goes by the clock: on a CPU whose threads are interrupted often, no slice ever comes to its end.
static void balance(struct thread *thread, uint64_t now) {
    this_cpu()->balance_due = now + BALANCE_INTERVAL;
    if (!steal_work(2)) steal_outranked(thread->priority);
    if (run_queue_highest(run_queue_own()) > thread->priority)
        __atomic_store_n(&thread->need_resched, true, __ATOMIC_RELAXED);
}

static void end_slice(struct thread *thread, uint64_t now) {
    thread->run_time += now - thread->run_started;
    thread->run_started = now;
    if (run_queue_highest(run_queue_own()) >= thread->priority)
        __atomic_store_n(&thread->need_resched, true, __ATOMIC_RELAXED);
}

void sched_tick(void) {
    struct thread *thread = thread_current();
    uint64_t now = clock_now();
    if (thread->priority == PRIORITY_IDLE) {
        clock_set_tick(TIMEOUT_NEVER);
    } else {
        if (now >= this_cpu()->balance_due) balance(thread, now);
        if (now >= thread->run_started + TIME_SLICE) end_slice(thread, now);
        clock_set_tick(thread->run_started + TIME_SLICE);
    }
    clock_interrupt();
}

void sched_idle(void) {
    struct run_queue *queue = run_queue_own(); // an idle thread never leaves its CPU
    uint32_t bit = 1u << this_cpu()->index;
    interrupts_restore();
    for (;;) {
        interrupts_disable();
        __atomic_fetch_or(&sched_idle_mask, bit, __ATOMIC_SEQ_CST);
        if (run_queue_highest(queue) < 0 && !steal_work(1)) arch_cpu_wait();
        interrupts_restore();
        __atomic_fetch_and(&sched_idle_mask, ~bit, __ATOMIC_SEQ_CST);
        thread_yield();
    }
}
