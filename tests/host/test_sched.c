// SPDX-License-Identifier: MIT
// The scheduler on one CPU, where every run is the same: order, priorities, preemption, timeouts.
#include <stdlib.h>

#include "lib/list.h"
#include "sched_support.h"

// ---- Run queues --------------------------------------------------------------------------------

KERNEL_TEST(equals_run_in_turn, 1) {
    kernel_thread("a", PRIORITY_DEFAULT, note_own_name, NULL);
    kernel_thread("b", PRIORITY_DEFAULT, note_own_name, NULL);
    kernel_thread("c", PRIORITY_DEFAULT, note_own_name, NULL);
    note('(');
    thread_yield();
    note(')');
    ck_assert_str_eq(history, "(abc)");
}

KERNEL_TEST(better_first, 1) {
    kernel_thread("l", PRIORITY_LOWEST, note_own_name, NULL);
    kernel_thread("d", PRIORITY_DEFAULT, note_own_name, NULL);
    kernel_thread("h", PRIORITY_HIGHEST, note_own_name, NULL);
    kernel_thread("e", PRIORITY_DEFAULT, note_own_name, NULL);
    let_others_run();
    ck_assert_str_eq(history, "hdel");
}

KERNEL_TEST(yield_keeps_from_worse, 1) {
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

KERNEL_TEST(time_slices, 1) {
    spinning = true;
    for (int i = 0; i < 3; i++) kernel_thread("spinner", PRIORITY_DEFAULT, spin, &turns[i]);
    thread_sleep_until(after(900));
    spinning = false;
    for (int i = 0; i < 3; i++) // a third of the time each
        ck_assert_msg(turns[i] > 250 && turns[i] < 350, "%u turns", turns[i]);
    let_others_run();
}

KERNEL_TEST(worse_starve, 1) {
    spinning = true;
    kernel_thread("better", PRIORITY_DEFAULT - 1, spin, &turns[0]);
    kernel_thread("worse", PRIORITY_DEFAULT - 2, spin, &turns[1]);
    thread_sleep_until(after(300));
    ck_assert_uint_gt(turns[0], 250);
    ck_assert_uint_eq(turns[1], 0);
    spinning = false;
    let_others_run();
}

KERNEL_TEST(woken_better_preempts, 1) {
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

KERNEL_TEST(run_time, 1) {
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

KERNEL_TEST(many_threads, 1) {
    static uint32_t ended;
    uint64_t free = pages_free();
    for (uint32_t round = 1; round <= 100; round++) {
        for (int i = 0; i < 10; i++) kernel_thread("short", PRIORITY_DEFAULT, do_nothing, &ended);
        let_others_run();
        require(ended == 10 * round);
    }
    ck_assert_uint_eq(pages_free(), free);
}

KERNEL_TEST(no_stack, 1) {
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

KERNEL_TEST(sleepers_wake_in_time, 1) {
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

KERNEL_TEST(timeouts_against_a_model, 1) {
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

Suite *sched_suite(void) {
    Suite *suite = suite_create("sched");
    add_case(suite, "run queues", NULL, NULL, equals_run_in_turn, better_first,
             yield_keeps_from_worse, time_slices, worse_starve, woken_better_preempts, run_time,
             many_threads, no_stack);
    add_case(suite, "time", NULL, NULL, sleepers_wake_in_time, timeouts_against_a_model);
    return suite;
}
