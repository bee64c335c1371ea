// SPDX-License-Identifier: MIT
// The scheduler on several CPUs: no wake-up is lost, none is counted twice, whoever races with
// whom.
#include <check.h>
#include <stdlib.h>

#include "kernel.h"
#include "lib/list.h"
#include "sched/run_queue.h"
#include "sched/sleep_lock.h"
#include "sched/wait_queue.h"

#define CPUS        3
#define MILLISECOND NANOSECONDS_PER_MILLISECOND

static uint32_t ended; // atomic: threads that have

static void end(void) { __atomic_fetch_add(&ended, 1, __ATOMIC_ACQ_REL); }

static void wait_until_ended(uint32_t count) {
    while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) < count)
        thread_sleep_until(clock_now() + MILLISECOND);
}

// ---- All CPUs work -----------------------------------------------------------------------------

static uint32_t arrived; // atomic: a bit for each CPU

static void meet(void *context) {
    (void)context;
    interrupts_disable();
    uint32_t bit = 1u << this_cpu()->index;
    __atomic_fetch_or(&arrived, bit, __ATOMIC_ACQ_REL);
    // Only if all of these run at once do they get out of here.
    while (__builtin_popcount(__atomic_load_n(&arrived, __ATOMIC_ACQUIRE)) < CPUS) arch_cpu_relax();
    interrupts_restore();
    end();
}

KERNEL_TEST(work_spreads, CPUS) {
    for (int i = 0; i < CPUS; i++) kernel_thread("meeting", PRIORITY_DEFAULT, meet, NULL);
    wait_until_ended(CPUS);
}

static uint32_t churned; // atomic

static void yield_and_end(void *context) {
    (void)context;
    for (int i = 0; i < 5; i++) thread_yield();
    __atomic_fetch_add(&churned, 1, __ATOMIC_RELAXED);
}

static void start_many(void *context) {
    (void)context;
    for (uint32_t i = 0; i < 150; i++) {
        kernel_thread("short", PRIORITY_DEFAULT, yield_and_end, NULL);
        if (i % 16 == 0) thread_sleep_until(clock_now() + MILLISECOND);
    }
    end();
}

KERNEL_TEST(many_threads, CPUS) {
    for (int i = 0; i < CPUS; i++) kernel_thread("starter", PRIORITY_DEFAULT, start_many, NULL);
    wait_until_ended(CPUS);
    while (__atomic_load_n(&churned, __ATOMIC_RELAXED) < CPUS * 150)
        thread_sleep_until(clock_now() + MILLISECOND);
}

// A CPU that works does not pass for an idle one, or it would be asked to help in the place of one.
static void check_not_idle(void *context) {
    (void)context;
    for (int i = 0; i < 200; i++) {
        thread_sleep_until(clock_now() + MILLISECOND / 10);
        interrupts_disable();
        uint32_t idle = __atomic_load_n(&sched_idle_mask, __ATOMIC_SEQ_CST);
        require(!(idle >> this_cpu()->index & 1));
        interrupts_restore();
    }
    end();
}

KERNEL_TEST(busy_is_not_idle, CPUS) {
    kernel_thread("sleeper", PRIORITY_DEFAULT, check_not_idle, NULL);
    wait_until_ended(1);
}

// ---- A queue of bytes, as a pipe is ------------------------------------------------------------

#define ITEMS    3000
#define CAPACITY 8

static struct spinlock lock = SPINLOCK_INIT(LOCK_PIPE);
static struct wait_queue not_full, not_empty;
static uint32_t held, produced, consumed; // under the lock
static uint64_t sum_in, sum_out;

static void produce(void *context) {
    (void)context;
    for (uint32_t i = 0; i < ITEMS; i++) {
        spinlock_acquire(&lock);
        while (held == CAPACITY)
            require(wait_queue_sleep(&not_full, &lock, NULL, TIMEOUT_NEVER) == WAKE_EVENT);
        held++;
        sum_in += ++produced;
        wait_queue_wake_one(&not_empty);
        spinlock_release(&lock);
    }
    end();
}

static void consume(void *context) {
    (void)context;
    for (uint32_t i = 0; i < ITEMS; i++) {
        spinlock_acquire(&lock);
        while (held == 0)
            require(wait_queue_sleep(&not_empty, &lock, NULL, TIMEOUT_NEVER) == WAKE_EVENT);
        held--;
        sum_out += ++consumed;
        wait_queue_wake_one(&not_full);
        spinlock_release(&lock);
    }
    end();
}

KERNEL_TEST(producers_and_consumers, CPUS) {
    wait_queue_init(&not_full);
    wait_queue_init(&not_empty);
    for (int i = 0; i < 3; i++) {
        kernel_thread("producer", PRIORITY_DEFAULT, produce, NULL);
        kernel_thread("consumer", PRIORITY_DEFAULT, consume, NULL);
    }
    wait_until_ended(6);
    ck_assert_uint_eq(held, 0);
    ck_assert_uint_eq(consumed, 3 * ITEMS);
    ck_assert_uint_eq(sum_in, sum_out);
}

// ---- Wake-ups race with timeouts and kills -----------------------------------------------------

#define WAITERS 4
#define WAITS   800

static struct wait_queue queue;
static uint32_t reasons[4]; // under the lock

static void wait_briefly(void *context) {
    (void)context;
    for (uint32_t i = 0; i < WAITS; i++) {
        spinlock_acquire(&lock);
        uint64_t deadline = clock_now() + 1 + i % 7 * 2000;
        reasons[wait_queue_sleep(&queue, &lock, NULL, deadline)]++;
        spinlock_release(&lock);
    }
    end();
}

KERNEL_TEST(wake_races_with_timeout, CPUS) {
    uint32_t woken = 0;
    wait_queue_init(&queue);
    for (int i = 0; i < WAITERS; i++) kernel_thread("waiter", PRIORITY_DEFAULT, wait_briefly, NULL);
    while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) < WAITERS) {
        spinlock_acquire(&lock);
        woken += wait_queue_wake_one(&queue);
        spinlock_release(&lock);
        thread_yield();
        host_clock_advance(1000);
    }
    ck_assert_uint_eq(reasons[WAKE_EVENT], woken); // each event reached one waiter
    ck_assert_uint_eq(reasons[WAKE_EVENT] + reasons[WAKE_TIMEOUT], WAITERS * WAITS);
}

static void wait_until_killed(void *context) {
    enum wake_reason reason = WAKE_EVENT;
    (void)context;
    while (reason != WAKE_KILLED) {
        spinlock_acquire(&lock);
        reason = wait_queue_sleep(&queue, &lock, NULL, TIMEOUT_NEVER);
        reasons[reason]++;
        spinlock_release(&lock);
    }
    require(__atomic_load_n(&thread_current()->killed, __ATOMIC_RELAXED));
    end();
}

// Its memory stays, since it may end before thread_kill() is done with it.
static struct thread *start_victim(void) {
    struct thread *thread = calloc(1, sizeof(*thread));
    require(thread_init(thread, "victim", wait_until_killed, NULL, PRIORITY_DEFAULT) == 0);
    thread->on_dead = thread_destroy;
    thread_start(thread);
    return thread;
}

KERNEL_TEST(kill_races_with_wake, CPUS) {
    uint32_t woken = 0;
    wait_queue_init(&queue);
    for (uint32_t round = 1; round <= 150; round++) {
        struct thread *threads[2];
        for (int i = 0; i < 2; i++) threads[i] = start_victim();
        for (int i = 0; i < 2; i++) {
            spinlock_acquire(&lock);
            woken += wait_queue_wake_one(&queue);
            spinlock_release(&lock);
            thread_kill(threads[i]);
        }
        wait_until_ended(2 * round);
    }
    ck_assert_uint_eq(reasons[WAKE_KILLED], 300);
    ck_assert_uint_eq(reasons[WAKE_EVENT], woken);
}

// ---- Timeouts and their owners on other CPUs ---------------------------------------------------

static struct owned {
    struct timeout timeout;
    uint32_t expired; // atomic
    bool gone;        // plain: after a cancel nobody else looks at it
} owned[16];

static void owned_expired(struct timeout *timeout) {
    struct owned *owner = container_of(timeout, struct owned, timeout);
    require(!owner->gone);
    __atomic_fetch_add(&owner->expired, 1, __ATOMIC_RELAXED);
}

static void arm_and_cancel(void *context) {
    struct owned *own = context;
    uint32_t cancelled = 0;
    for (uint32_t i = 0; i < WAITS; i++) {
        own->gone = false;
        timeout_arm(&own->timeout, clock_now() + i % 5 * 1500, owned_expired);
        host_clock_advance(1000);
        thread_yield(); // perhaps to another CPU
        cancelled += timeout_cancel(&own->timeout);
        own->gone = true;
        require(cancelled + __atomic_load_n(&own->expired, __ATOMIC_RELAXED) == i + 1);
    }
    end();
}

KERNEL_TEST(cancel_races_with_expiry, CPUS) {
    for (int i = 0; i < 6; i++) kernel_thread("owner", PRIORITY_DEFAULT, arm_and_cancel, &owned[i]);
    wait_until_ended(6);
}

// ---- Sleep locks -------------------------------------------------------------------------------

static struct sleep_lock sleep_lock;
static uint32_t inside, entered; // under the sleep lock

static void enter_and_leave(void *context) {
    (void)context;
    for (int i = 0; i < 300; i++) {
        sleep_lock_acquire(&sleep_lock);
        require(inside++ == 0);
        if (i % 8 == 0)
            thread_sleep_until(clock_now() + 2000);
        else
            thread_yield();
        entered++;
        require(--inside == 0);
        sleep_lock_release(&sleep_lock);
    }
    end();
}

KERNEL_TEST(sleep_lock_excludes, CPUS) {
    sleep_lock_init(&sleep_lock);
    for (int i = 0; i < 5; i++) kernel_thread("holder", PRIORITY_DEFAULT, enter_and_leave, NULL);
    wait_until_ended(5);
    ck_assert_uint_eq(entered, 1500);
}

Suite *sched_smp_suite(void) {
    Suite *suite = suite_create("sched_smp");
    tcase_set_tags(add_case(suite, "several CPUs", NULL, NULL, work_spreads, many_threads,
                            busy_is_not_idle, producers_and_consumers, wake_races_with_timeout,
                            kill_races_with_wake, cancel_races_with_expiry, sleep_lock_excludes),
                   "threads");
    return suite;
}
