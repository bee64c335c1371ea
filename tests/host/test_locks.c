// SPDX-License-Identifier: MIT
// Spin locks: mutual exclusion, interrupt nesting, and what debug builds find. A wrong use is a
// panic, whose message names both sites.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "cap/cap_space.h"
#include "lib/print.h"
#include "sync/lock.h"

static struct spinlock outer = SPINLOCK_INIT(LOCK_CAP_SPACE);
static struct spinlock same = SPINLOCK_INIT(LOCK_CAP_SPACE);
static struct spinlock inner = SPINLOCK_INIT(LOCK_PAGES);

static void expect_panic(void (*body)(void *context), const char *first, const char *second) {
    ck_assert(host_catch_panic(body, NULL));
    ck_assert_msg(strstr(host_log(), first) != NULL, "no '%s' in: %s", first, host_log());
    ck_assert_msg(strstr(host_log(), second) != NULL, "no '%s' in: %s", second, host_log());
}

START_TEST(right_order) {
    spinlock_acquire(&outer);
    spinlock_acquire(&inner);
    spinlock_assert_held(&outer);
    spinlock_assert_held(&inner);
    spinlock_release(&outer); // in any order
    spinlock_release(&inner);
    spinlock_assert_none_held();
    spinlock_acquire(&inner);
    spinlock_release(&inner);
}
END_TEST

static void take_in_wrong_order(void *context) {
    (void)context;
    spinlock_acquire(&inner);
    spinlock_acquire(&outer);
}

START_TEST(wrong_order) {
    expect_panic(take_in_wrong_order, "lock order: capability table",
                 "while holding page allocator");
    // Both places are named.
    const char *first = strstr(host_log(), "test_locks.c:");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(strstr(first + 1, "test_locks.c:"));
}
END_TEST

static void take_two_of_a_class(void *context) {
    (void)context;
    spinlock_acquire(&outer);
    spinlock_acquire(&same);
}

START_TEST(two_of_a_class) {
    expect_panic(take_two_of_a_class, "lock order: capability table",
                 "while holding capability table");
}
END_TEST

static void take_twice(void *context) {
    (void)context;
    spinlock_acquire(&outer);
    spinlock_acquire(&outer);
}

START_TEST(same_lock_twice) {
    expect_panic(take_twice, "capability table wanted at", "already held by this CPU");
}
END_TEST

START_TEST(pair_by_its_helper) {
    struct cap_space high, low;
    ck_assert_int_eq(cap_space_init(&high, 9), 0);
    ck_assert_int_eq(cap_space_init(&low, 3), 0);
    cap_lock_pair(&high, &low);
    spinlock_assert_held(&high.lock);
    spinlock_assert_held(&low.lock);
    ck_assert_ptr_eq(this_cpu()->locks_held[0].lock, &low.lock);
    cap_unlock_pair(&high, &low);
    cap_lock_pair(&low, &high);
    ck_assert_ptr_eq(this_cpu()->locks_held[0].lock, &low.lock);
    cap_unlock_pair(&low, &high);
    spinlock_assert_none_held();
}
END_TEST

static void release_free_lock(void *context) {
    (void)context;
    spinlock_release(&inner);
}

START_TEST(release_without_acquire) {
    expect_panic(release_free_lock, "page allocator", "is not held by this CPU");
}
END_TEST

static void assert_none_with_one(void *context) {
    (void)context;
    spinlock_acquire(&outer);
    spinlock_assert_none_held();
}

START_TEST(sleep_with_a_lock) {
    expect_panic(assert_none_with_one, "about to sleep", "capability table held, taken at");
}
END_TEST

START_TEST(class_names) {
#define CHECK_NAME(name, rank, text) ck_assert_str_eq(lock_class_name(LOCK_##name), text);
    LOCK_CLASS_LIST(CHECK_NAME)
#undef CHECK_NAME
    ck_assert_str_eq(lock_class_name(0), "unknown");
}
END_TEST

START_TEST(interrupts_nest) {
    ck_assert(host_cpu()->interrupts_on);
    spinlock_acquire(&outer);
    ck_assert(!host_cpu()->interrupts_on);
    spinlock_acquire(&inner);
    interrupts_disable();
    spinlock_release(&outer);
    spinlock_release(&inner);
    ck_assert(!host_cpu()->interrupts_on);
    interrupts_restore();
    ck_assert(host_cpu()->interrupts_on);
}
END_TEST

static void assert_wrongly(void *context) {
    (void)context;
    kassert(1 + 1 == 3);
}

START_TEST(failed_assertion) {
    expect_panic(assert_wrongly, "panic on CPU 0", "assertion failed: 1 + 1 == 3");
}
END_TEST

// ---- Several CPUs ------------------------------------------------------------------------------

#define ROUNDS 20000

static uint64_t counted; // under inner

static void count(uint32_t index) {
    for (int i = 0; i < ROUNDS; i++) {
        spinlock_acquire(&inner);
        counted += 1;
        require(inner.owner == index + 1);
        spinlock_release(&inner);
    }
}

START_TEST(exclusion) {
    kernel_run_on_cpus(4, count);
    ck_assert_uint_eq(counted, 4 * ROUNDS);
}
END_TEST

static void take_pairs(uint32_t index) {
    static struct cap_space spaces[3] = {
        {.lock = SPINLOCK_INIT(LOCK_CAP_SPACE), .pid = 1},
        {.lock = SPINLOCK_INIT(LOCK_CAP_SPACE), .pid = 2},
        {.lock = SPINLOCK_INIT(LOCK_CAP_SPACE), .pid = 3},
    };
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct cap_space *a = &spaces[(i + index) % 3], *b = &spaces[(i + index + 1 + i % 2) % 3];
        cap_lock_pair(a, b);
        cap_unlock_pair(a, b);
    }
}

START_TEST(opposite_pairs) { kernel_run_on_cpus(3, take_pairs); }
END_TEST

Suite *locks_suite(void) {
    Suite *suite = suite_create("locks");
    add_case(suite, "order", kernel_setup, NULL, right_order, wrong_order, two_of_a_class,
             same_lock_twice, pair_by_its_helper, release_without_acquire, sleep_with_a_lock,
             class_names, interrupts_nest, failed_assertion);
    tcase_set_tags(add_case(suite, "contention", kernel_setup, NULL, exclusion, opposite_pairs),
                   "threads");
    return suite;
}
