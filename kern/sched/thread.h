// SPDX-License-Identifier: MIT
// Kernel threads and the scheduler: one run queue per CPU, under its lock, with a FIFO per
// priority. A thread that is not running is switched out completely whenever its CPU's run-queue
// lock is free.
#pragma once

#include "lib/list.h"
#include "sched/clock.h"
#include "sync/lock.h"

#define PRIORITIES       32
#define PRIORITY_IDLE    0
#define PRIORITY_LOWEST  1
#define PRIORITY_DEFAULT 16
#define PRIORITY_HIGHEST 31
#define TIME_SLICE       (10 * NANOSECONDS_PER_MILLISECOND)

enum thread_state { THREAD_NEW, THREAD_READY, THREAD_RUNNING, THREAD_SLEEPING, THREAD_DEAD };

// Why a sleep ended.
enum wake_reason { WAKE_EVENT, WAKE_TIMEOUT, WAKE_KILLED, WAKE_REVOKED };

struct account;

struct thread {
    struct thread_header header; // first: arch_current() points here
    struct arch_context context;
    void *stack_top;
    enum thread_state state;      // under the run-queue lock of header.cpu
    enum wake_reason wake_reason; // the same
    bool unkillable;              // the same: only WAKE_EVENT ends this sleep
    uint8_t priority;             // the same
    uint8_t own_priority;         // without what others have lent; the same
    uint32_t mutexes_held;        // atomic: while there are any it keeps what was lent
    uint32_t rwlocks_held;        // atomic
    void *waits_for;              // the mutex, for the room that lends
    union {
        struct {
            bool killed; // set by anybody, never cleared: sleeps end, user mode is not entered
            bool need_resched; // set by anybody
        };
        uint16_t attention; // both, for one look on the way to user mode
    };
    struct list run_node;
    struct list wait_node;     // on a wait queue, under that queue's lock
    const uint32_t *cancelled; // of a killable sleep: ends it, or keeps it from beginning, if not 0
    const uint32_t *cancelled_too; // another such flag, of an operation that needs two
    bool has_deadline;             // its own: the timeout is in use
    struct timeout timeout;
    uint64_t run_started;    // or when its time slice was renewed
    uint64_t run_time;       // nanoseconds until then
    void *owner;             // the user thread that this is part of, or NULL for kernel threads
    int32_t pid;             // of its process; 0 for kernel threads
    struct account *account; // what it makes is charged to; NULL for kernel threads
    void (*on_dead)(struct thread *); // frees it, once it is switched out for good; may not sleep
    void (*entry)(void *argument);
    void *argument;
    char name[16];
};

static inline struct thread *thread_current(void) { return (struct thread *)arch_current(); }

// At boot, on the boot CPU before anything that takes a lock, and on each other CPU.
void sched_init_boot_cpu(void);
void sched_init_cpu(uint32_t index);

// Prepares a thread in memory of the caller (zeroed): a kernel stack that will call
// entry(argument). -ENOMEM when there is no stack.
int thread_init(struct thread *thread, const char *name, void (*entry)(void *), void *argument,
                uint8_t priority);

// Frees the kernel stack of a thread that was never started or is dead.
void thread_destroy(struct thread *thread);

// Makes a new thread runnable, on an idle CPU if there is one.
void thread_start(struct thread *thread);

// Ends the current thread; on_dead runs when it is off its stack.
_Noreturn void thread_exit(void);

// Makes a sleeping thread runnable. False if it was not asleep. Any context.
bool thread_wake(struct thread *thread, enum wake_reason reason);

// Ends the thread's sleep, with WAKE_REVOKED, if it sleeps with this flag, whose value the caller
// has made 1 before. A thread that is only about to sleep with it will not. Any context.
void thread_cancel_sleep(struct thread *thread, const uint32_t *cancelled);

// Marks the thread as killed and ends its sleep.
void thread_kill(struct thread *thread);

// Lets another ready thread of at least equal priority run.
void thread_yield(void);

// The current thread's priority; if more was lent to it, from when that is returned. Gives way if a
// better thread is ready then.
void thread_set_own_priority(uint8_t priority);

// The same for a thread that is not the current one, and that cannot end meanwhile. Any context.
void thread_change_priority(struct thread *thread, uint8_t priority);

// Raises the priority of a thread, which cannot end meanwhile, until it returns it. Any context.
void thread_lend_priority(struct thread *thread, uint8_t priority);
void thread_return_priority(void);

// Takes back what was lent to a thread, which cannot end meanwhile. Any context.
void thread_take_back_priority(struct thread *thread);

// Sleeps until the clock reaches `deadline`. WAKE_TIMEOUT or WAKE_KILLED.
enum wake_reason thread_sleep_until(uint64_t deadline);

// Runs another thread if one should preempt the current one. Called at the end of traps, with
// interrupts off and no lock held.
void sched_give_way(void);
static inline void sched_preempt(void) {
    if (__builtin_expect(__atomic_load_n(&thread_current()->need_resched, __ATOMIC_RELAXED), 0))
        sched_give_way();
}

// The timer interrupt: runs timeouts, ends slices. Interrupts are off.
void sched_tick(void);

// Debug builds: from now on a thread gives way now and then when it has released its last spin
// lock, as the seed has it, so that rare orders of events happen, and happen again.
void sched_perturb(uint64_t seed);

// Where the boot thread of each CPU ends: runs what is ready, steals work, waits for interrupts.
_Noreturn void sched_idle(void);

// The thread that arch_cpu_start() is to start CPU `index` with.
struct thread *sched_idle_thread(uint32_t index);
