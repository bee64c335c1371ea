// SPDX-License-Identifier: MIT
// Wait queues and sleep locks on one CPU, where every run is the same.
#include "sched/sleep_lock.h"
#include "sched/wait_queue.h"
#include "sched_support.h"

// ---- Wait queues -------------------------------------------------------------------------------

static struct spinlock lock = SPINLOCK_INIT(LOCK_PIPE);
static struct wait_queue queue;
static enum wake_reason reasons[128]; // by the waiter's letter

struct waiting {
    const uint32_t *cancelled;
    uint64_t deadline;
};

static void wait_once(void *context) {
    const struct waiting *waiting = context;
    spinlock_acquire(&lock);
    enum wake_reason reason =
        wait_queue_sleep(&queue, &lock, waiting ? waiting->cancelled : NULL,
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

KERNEL_TEST(wake_one_by_priority_and_arrival, 1) {
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

KERNEL_TEST(wake_all, 1) {
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

KERNEL_TEST(waits_end_in_time, 1) {
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

KERNEL_TEST(timeout_before_the_event, 1) {
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

KERNEL_TEST(deadline_in_the_past, 1) {
    wait_queue_init(&queue);
    struct waiting past = {NULL, 1};
    kernel_thread("p", PRIORITY_DEFAULT, wait_once, &past);
    let_others_run();
    ck_assert_str_eq(history, "p");
    ck_assert_int_eq(reasons['p'], WAKE_TIMEOUT);
    ck_assert(list_is_empty(&queue.threads));
}

KERNEL_TEST(kill_ends_waits, 1) {
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

KERNEL_TEST(killed_before_it_sleeps, 1) {
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

KERNEL_TEST(kill_does_not_end_other_waits, 1) {
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

KERNEL_TEST(cancel_sleeps, 1) {
    static uint32_t one, two;
    static const struct waiting first = {&one, 0}, second = {&two, 0};
    wait_queue_init(&queue);
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    const struct waiting *const waits[] = {&first, &second, NULL, &first, &second};
    struct thread *threads[5];
    for (int i = 0; i < 5; i++)
        threads[i] =
            kernel_thread(names[i], PRIORITY_DEFAULT, wait_once, (void *)(uintptr_t)waits[i]);
    let_others_run();
    one = 1;
    for (int i = 0; i < 5; i++) thread_cancel_sleep(threads[i], &one);
    let_others_run();
    ck_assert_str_eq(history, "ad");
    ck_assert_int_eq(reasons['a'], WAKE_REVOKED);
    reasons['f'] = WAKE_EVENT;
    kernel_thread("f", PRIORITY_DEFAULT, wait_once, (void *)(uintptr_t)&first); // too late
    let_others_run();
    ck_assert_str_eq(history, "adf");
    ck_assert_int_eq(reasons['f'], WAKE_REVOKED);
    spinlock_acquire(&lock);
    wait_queue_wake_all(&queue);
    spinlock_release(&lock);
    let_others_run();
    ck_assert_str_eq(history, "adfbce");
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

KERNEL_TEST(sleep_lock_excludes, 1) {
    sleep_lock_init(&sleep_lock);
    for (int i = 0; i < 5; i++) kernel_thread("holder", PRIORITY_DEFAULT, hold_over_a_sleep, NULL);
    thread_sleep_until(after(500));
    ck_assert_uint_eq(history_length, 30);
    for (int i = 0; i < 30; i++) ck_assert_int_eq(history[i], i % 2 ? ')' : '(');
}

KERNEL_TEST(sleep_lock_waiters_survive_kill, 1) {
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

Suite *wait_suite(void) {
    Suite *suite = suite_create("wait");
    add_case(suite, "wait queues", NULL, NULL, wake_one_by_priority_and_arrival, wake_all,
             waits_end_in_time, timeout_before_the_event, deadline_in_the_past, kill_ends_waits,
             killed_before_it_sleeps, kill_does_not_end_other_waits, cancel_sleeps);
    add_case(suite, "sleep locks", NULL, NULL, sleep_lock_excludes,
             sleep_lock_waiters_survive_kill);
    return suite;
}
