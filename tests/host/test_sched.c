// SPDX-License-Identifier: MIT
// The scheduler on one CPU, where every run is the same: order, priorities, preemption, wait
// queues, kill, timeouts, sleep locks.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "sched/sleep_lock.h"
#include "sched/wait_queue.h"

#define MILLISECOND NANOSECONDS_PER_MILLISECOND

// What happened, a letter each.
static char history[256];
static uint32_t history_length;

static void note(char c) {
    require(history_length < sizeof(history) - 1);
    history[history_length++] = c;
}

static void note_own_name(void *context) {
    (void)context;
    note(thread_current()->name[0]);
}

static uint64_t after(uint64_t milliseconds) { return clock_now() + milliseconds * MILLISECOND; }

// Long enough for everything that can happen without time passing.
static void let_others_run(void) { require(thread_sleep_until(after(1)) == WAKE_TIMEOUT); }

// Runs a test's body in a kernel of one CPU.
#define KERNEL_TEST(name)                                                                          \
    static void name##_body(void *context);                                                        \
    START_TEST(name) { kernel_run(1, name##_body, NULL); }                                         \
    END_TEST                                                                                       \
    static void name##_body(void *context __attribute__((unused)))

// ---- Run queues --------------------------------------------------------------------------------

KERNEL_TEST(equals_run_in_turn) {
    kernel_thread("a", PRIORITY_DEFAULT, note_own_name, NULL);
    kernel_thread("b", PRIORITY_DEFAULT, note_own_name, NULL);
    kernel_thread("c", PRIORITY_DEFAULT, note_own_name, NULL);
    note('(');
    thread_yield();
    note(')');
    ck_assert_str_eq(history, "(abc)");
}

KERNEL_TEST(better_first) {
    kernel_thread("l", PRIORITY_LOWEST, note_own_name, NULL);
    kernel_thread("d", PRIORITY_DEFAULT, note_own_name, NULL);
    kernel_thread("h", PRIORITY_HIGHEST, note_own_name, NULL);
    kernel_thread("e", PRIORITY_DEFAULT, note_own_name, NULL);
    let_others_run();
    ck_assert_str_eq(history, "hdel");
}

KERNEL_TEST(yield_keeps_from_worse) {
    kernel_thread("l", PRIORITY_DEFAULT - 1, note_own_name, NULL);
    for (int i = 0; i < 10; i++) thread_yield();
    ck_assert_str_eq(history, "");
    let_others_run();
    ck_assert_str_eq(history, "l");
}

static uint32_t turns[3]; // how often each spinner got to run
static bool spinning;

static void spin(void *context) {
    uint32_t *counter = context;
    while (spinning) {
        (*counter)++;
        host_clock_advance(MILLISECOND);
        interrupts_disable(); // a pending tick comes in here
        interrupts_restore();
    }
}

KERNEL_TEST(time_slices) {
    spinning = true;
    for (int i = 0; i < 3; i++) kernel_thread("spinner", PRIORITY_DEFAULT, spin, &turns[i]);
    thread_sleep_until(after(900));
    spinning = false;
    for (int i = 0; i < 3; i++) // a third of the time each
        ck_assert_msg(turns[i] > 250 && turns[i] < 350, "%u turns", turns[i]);
    let_others_run();
}

KERNEL_TEST(worse_starve) {
    spinning = true;
    kernel_thread("better", PRIORITY_DEFAULT - 1, spin, &turns[0]);
    kernel_thread("worse", PRIORITY_DEFAULT - 2, spin, &turns[1]);
    thread_sleep_until(after(300));
    ck_assert_uint_gt(turns[0], 250);
    ck_assert_uint_eq(turns[1], 0);
    spinning = false;
    let_others_run();
}

KERNEL_TEST(woken_better_preempts) {
    spinning = true;
    kernel_thread("worse", PRIORITY_DEFAULT - 1, spin, &turns[0]);
    for (int i = 0; i < 20; i++) {
        uint64_t deadline = after(3);
        thread_sleep_until(deadline);
        // The spinner goes in steps of one millisecond.
        ck_assert_uint_lt(clock_now() - deadline, 2 * MILLISECOND);
    }
    spinning = false;
    let_others_run();
}

static void run_for_a_while(void *context) {
    (void)context;
    host_clock_advance(5 * MILLISECOND);
    thread_yield();
    host_clock_advance(2 * MILLISECOND);
}

static uint64_t measured;

static void free_measured(struct thread *thread) {
    measured = thread->run_time;
    thread_destroy(thread);
}

KERNEL_TEST(run_time) {
    static struct thread thread;
    require(thread_init(&thread, "measured", run_for_a_while, NULL, PRIORITY_DEFAULT) == 0);
    thread.on_dead = free_measured;
    thread_start(&thread);
    thread_yield();
    host_clock_advance(50 * MILLISECOND); // not the thread's
    let_others_run();
    let_others_run(); // a tick may have come between its end and its being freed
    ck_assert_uint_eq(measured, 7 * MILLISECOND);
}

static void do_nothing(void *context) { ++*(uint32_t *)context; }

KERNEL_TEST(many_threads) {
    static uint32_t ended;
    uint64_t free = pages_free();
    for (uint32_t round = 1; round <= 100; round++) {
        for (int i = 0; i < 10; i++) kernel_thread("short", PRIORITY_DEFAULT, do_nothing, &ended);
        let_others_run();
        require(ended == 10 * round);
    }
    ck_assert_uint_eq(pages_free(), free);
}

KERNEL_TEST(no_stack) {
    static struct thread thread;
    host_fail_allocations_after(0);
    ck_assert_int_lt(thread_init(&thread, "none", do_nothing, NULL, PRIORITY_DEFAULT), 0);
    host_fail_allocations_after(UINT64_MAX);
    ck_assert_int_eq(thread_init(&thread, "unused", do_nothing, NULL, PRIORITY_DEFAULT), 0);
    thread_destroy(&thread); // never started
}

// ---- Sleep and timeouts ------------------------------------------------------------------------

static void sleep_and_note(void *context) {
    uint64_t milliseconds = (uint64_t)context, deadline = after(milliseconds);
    require(thread_sleep_until(deadline) == WAKE_TIMEOUT);
    require(clock_now() >= deadline);
    note(thread_current()->name[0]);
}

KERNEL_TEST(sleepers_wake_in_time) {
    kernel_thread("3", PRIORITY_DEFAULT, sleep_and_note, (void *)30);
    kernel_thread("1", PRIORITY_DEFAULT, sleep_and_note, (void *)10);
    kernel_thread("4", PRIORITY_DEFAULT, sleep_and_note, (void *)40);
    kernel_thread("2", PRIORITY_DEFAULT, sleep_and_note, (void *)20);
    thread_sleep_until(after(100));
    ck_assert_str_eq(history, "1234");
    ck_assert_int_eq(thread_sleep_until(0), WAKE_TIMEOUT); // long past
    ck_assert_int_eq(thread_sleep_until(clock_now()), WAKE_TIMEOUT);
}

#define TIMEOUTS 200

static struct {
    struct timeout timeout;
    bool armed;
    uint32_t expired;
} model[TIMEOUTS];
static uint64_t last_expired;

static void expired(struct timeout *timeout) {
    uint64_t index = (uint64_t)((char *)timeout - (char *)model) / sizeof(model[0]);
    require(model[index].armed);
    require(timeout->deadline <= clock_now());
    require(timeout->deadline >= last_expired); // in order
    last_expired = timeout->deadline;
    model[index].armed = false;
    model[index].expired++;
}

static void change_a_timeout(void) {
    uint32_t at = test_random(TIMEOUTS);
    if (!model[at].armed) {
        uint64_t deadline = clock_now() + 1 + test_random(50) * MILLISECOND;
        model[at].armed = true;
        timeout_arm(&model[at].timeout, deadline, expired);
    } else if (test_random(2)) {
        require(timeout_cancel(&model[at].timeout));
        require(!timeout_cancel(&model[at].timeout));
        model[at].armed = false;
    }
}

KERNEL_TEST(timeouts_against_a_model) {
    for (int round = 0; round < 4000; round++) {
        change_a_timeout();
        if (test_random(20) == 0) {
            host_clock_advance(test_random(10) * MILLISECOND);
            interrupts_disable();
            interrupts_restore();
            last_expired = 0;
        }
        for (int i = 0; i < TIMEOUTS; i++)
            require(!model[i].armed || model[i].timeout.deadline > clock_now() || round == 0);
    }
    last_expired = 0;
    thread_sleep_until(after(100));
    for (int i = 0; i < TIMEOUTS; i++) require(!model[i].armed);
}

// ---- Wait queues -------------------------------------------------------------------------------

static struct spinlock lock = SPINLOCK_INIT(LOCK_PIPE);
static struct wait_queue queue;
static enum wake_reason reasons[128]; // by the waiter's letter

struct waiting {
    const void *key;
    uint64_t deadline;
};

static void wait_once(void *context) {
    const struct waiting *waiting = context;
    spinlock_acquire(&lock);
    enum wake_reason reason =
        wait_queue_sleep(&queue, &lock, waiting ? waiting->key : NULL,
                         waiting && waiting->deadline ? waiting->deadline : TIMEOUT_NEVER);
    spinlock_assert_held(&lock);
    spinlock_release(&lock);
    note(thread_current()->name[0]);
    reasons[(int)thread_current()->name[0]] = reason;
}

static bool wake_one(void) {
    spinlock_acquire(&lock);
    bool woken = wait_queue_wake_one(&queue);
    spinlock_release(&lock);
    return woken;
}

KERNEL_TEST(wake_one_by_priority_and_arrival) {
    wait_queue_init(&queue);
    ck_assert(!wake_one());
    static const char *const names[] = {"a", "b", "H", "c", "l", "I"};
    static const uint8_t priorities[] = {0, 0, 5, 0, (uint8_t)-5, 5};
    for (int i = 0; i < 6; i++) {
        kernel_thread(names[i], (uint8_t)(PRIORITY_DEFAULT + priorities[i]), wait_once, NULL);
        let_others_run();
    }
    for (int i = 0; i < 6; i++) {
        ck_assert(wake_one());
        let_others_run();
        ck_assert_uint_eq(history_length, i + 1); // just one
    }
    ck_assert(!wake_one());
    ck_assert_str_eq(history, "HIabcl");
}

KERNEL_TEST(wake_all) {
    wait_queue_init(&queue);
    for (int i = 0; i < 5; i++) kernel_thread("w", PRIORITY_DEFAULT, wait_once, NULL);
    let_others_run();
    spinlock_acquire(&lock);
    wait_queue_wake_all(&queue);
    spinlock_release(&lock);
    let_others_run();
    ck_assert_str_eq(history, "wwwww");
    ck_assert(list_is_empty(&queue.threads));
}

KERNEL_TEST(waits_end_in_time) {
    wait_queue_init(&queue);
    struct waiting early = {NULL, after(10)}, late = {NULL, after(20)};
    kernel_thread("e", PRIORITY_DEFAULT, wait_once, &early);
    kernel_thread("l", PRIORITY_DEFAULT, wait_once, &late);
    kernel_thread("n", PRIORITY_DEFAULT, wait_once, NULL);
    thread_sleep_until(after(15));
    ck_assert_str_eq(history, "e");
    ck_assert_int_eq(reasons['e'], WAKE_TIMEOUT);
    ck_assert(wake_one()); // the first that is still there
    thread_sleep_until(after(50));
    ck_assert_str_eq(history, "el");
    ck_assert_int_eq(reasons['l'], WAKE_EVENT);
    ck_assert(wake_one());
    let_others_run();
    ck_assert_int_eq(reasons['n'], WAKE_EVENT);
}

KERNEL_TEST(timeout_before_the_event) {
    // Both are due before the waiter runs: whichever came first counts, and the event goes on to
    // the next.
    wait_queue_init(&queue);
    struct waiting early = {NULL, after(10)};
    kernel_thread("a", PRIORITY_DEFAULT, wait_once, &early);
    kernel_thread("b", PRIORITY_DEFAULT, wait_once, NULL);
    let_others_run();
    host_clock_advance(20 * MILLISECOND);
    interrupts_disable();
    interrupts_restore(); // the tick
    ck_assert(wake_one());
    let_others_run();
    ck_assert_int_eq(reasons['a'], WAKE_TIMEOUT);
    ck_assert_int_eq(reasons['b'], WAKE_EVENT);
}

KERNEL_TEST(deadline_in_the_past) {
    wait_queue_init(&queue);
    struct waiting past = {NULL, 1};
    kernel_thread("p", PRIORITY_DEFAULT, wait_once, &past);
    let_others_run();
    ck_assert_str_eq(history, "p");
    ck_assert_int_eq(reasons['p'], WAKE_TIMEOUT);
    ck_assert(list_is_empty(&queue.threads));
}

KERNEL_TEST(kill_ends_waits) {
    wait_queue_init(&queue);
    struct thread *thread = kernel_thread("k", PRIORITY_DEFAULT, wait_once, NULL);
    kernel_thread("o", PRIORITY_DEFAULT, wait_once, NULL);
    let_others_run();
    thread_kill(thread);
    ck_assert(wake_one()); // the killed one cannot take the event away
    let_others_run();
    ck_assert_int_eq(reasons['k'], WAKE_KILLED);
    ck_assert_int_eq(reasons['o'], WAKE_EVENT);
}

static void wait_twice(void *context) {
    wait_once(context);
    wait_once(context); // a killed thread does not sleep again
    require(thread_sleep_until(after(1000)) == WAKE_KILLED);
    note('!');
}

KERNEL_TEST(killed_before_it_sleeps) {
    wait_queue_init(&queue);
    uint64_t before = clock_now();
    struct thread *thread = kernel_thread("k", PRIORITY_DEFAULT, wait_twice, NULL);
    thread_kill(thread);
    let_others_run();
    ck_assert_str_eq(history, "kk!");
    ck_assert_int_eq(reasons['k'], WAKE_KILLED);
    ck_assert_uint_lt(clock_now() - before, 10 * MILLISECOND);
}

static void wait_unkillable(void *context) {
    (void)context;
    spinlock_acquire(&lock);
    wait_queue_sleep_unkillable(&queue, &lock);
    spinlock_release(&lock);
    note(thread_current()->name[0]);
}

KERNEL_TEST(kill_does_not_end_other_waits) {
    wait_queue_init(&queue);
    struct thread *thread = kernel_thread("u", PRIORITY_DEFAULT, wait_unkillable, NULL);
    let_others_run();
    thread_kill(thread);
    let_others_run();
    ck_assert_str_eq(history, "");
    ck_assert(wake_one());
    let_others_run();
    ck_assert_str_eq(history, "u");
}

KERNEL_TEST(wake_by_key) {
    static const int one, two;
    static const struct waiting first = {&one, 0}, second = {&two, 0};
    wait_queue_init(&queue);
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    const struct waiting *const waits[] = {&first, &second, NULL, &first, &second};
    for (int i = 0; i < 5; i++)
        kernel_thread(names[i], PRIORITY_DEFAULT, wait_once, (void *)(uintptr_t)waits[i]);
    let_others_run();
    spinlock_acquire(&lock);
    wait_queue_wake_key(&queue, &one);
    spinlock_release(&lock);
    let_others_run();
    ck_assert_str_eq(history, "ad");
    ck_assert_int_eq(reasons['a'], WAKE_REVOKED);
    spinlock_acquire(&lock);
    wait_queue_wake_all(&queue);
    spinlock_release(&lock);
    let_others_run();
    ck_assert_str_eq(history, "adbce");
    ck_assert_int_eq(reasons['e'], WAKE_EVENT);
}

// ---- Sleep locks -------------------------------------------------------------------------------

static struct sleep_lock sleep_lock;

static void hold_over_a_sleep(void *context) {
    (void)context;
    for (int i = 0; i < 3; i++) {
        sleep_lock_acquire(&sleep_lock);
        require(sleep_lock_is_mine(&sleep_lock));
        note('(');
        thread_sleep_until(after(2)); // others come and wait
        note(')');
        sleep_lock_release(&sleep_lock);
        require(!sleep_lock_is_mine(&sleep_lock));
    }
}

KERNEL_TEST(sleep_lock_excludes) {
    sleep_lock_init(&sleep_lock);
    for (int i = 0; i < 5; i++) kernel_thread("holder", PRIORITY_DEFAULT, hold_over_a_sleep, NULL);
    thread_sleep_until(after(500));
    ck_assert_uint_eq(history_length, 30);
    for (int i = 0; i < 30; i++) ck_assert_int_eq(history[i], i % 2 ? ')' : '(');
}

KERNEL_TEST(sleep_lock_waiters_survive_kill) {
    sleep_lock_init(&sleep_lock);
    sleep_lock_acquire(&sleep_lock);
    struct thread *thread = kernel_thread("waiter", PRIORITY_DEFAULT, hold_over_a_sleep, NULL);
    let_others_run();
    thread_kill(thread);
    let_others_run();
    ck_assert_str_eq(history, "");
    sleep_lock_release(&sleep_lock);
    let_others_run();
    ck_assert_str_eq(history, "()()()"); // killed: its own sleeps end at once
}

Suite *sched_suite(void) {
    Suite *suite = suite_create("sched");
    add_case(suite, "run queues", NULL, NULL, equals_run_in_turn, better_first,
             yield_keeps_from_worse, time_slices, worse_starve, woken_better_preempts, run_time,
             many_threads, no_stack);
    add_case(suite, "time", NULL, NULL, sleepers_wake_in_time, timeouts_against_a_model);
    add_case(suite, "wait queues", NULL, NULL, wake_one_by_priority_and_arrival, wake_all,
             waits_end_in_time, timeout_before_the_event, deadline_in_the_past, kill_ends_waits,
             killed_before_it_sleeps, kill_does_not_end_other_waits, wake_by_key);
    add_case(suite, "sleep locks", NULL, NULL, sleep_lock_excludes,
             sleep_lock_waiters_survive_kill);
    return suite;
}
