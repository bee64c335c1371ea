// SPDX-License-Identifier: MIT
// Tests of what operations that wait leave behind when they end early: a revoked one counts for
// nothing from the moment that the revocation returns (P6, P7), a wake-up is not lost with it, and
// nobody keeps a lock that it can no longer unlock, or a priority that it has only borrowed.
#include "check.h"
#include "lib/remote.h"
#include "lib/threads.h"

#include <ipc.h>

static struct remote worker, helper;
static int32_t where;

static void start_both(void) {
    remote_make(&helper);
    remote_make(&worker);
    remote_start(&worker);
    remote_fork(&worker, &helper);
}

static void end_both(void) {
    remote_exit(&helper);
    remote_end(&worker);
}

static int64_t priority_now(void) { return sys(thread_getschedparam, 0); }

static int64_t references(int64_t slot) {
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    return info.references;
}

// ---- Revoked while they wait -------------------------------------------------------------------

static void test_barrier(void) {
    // Who has come and was revoked has not come.
    int64_t slot = NEED(sys(barrier_create, 3));
    start_both();
    for (int round = 0; round < 5; round++) {
        check_note("round %d", round);
        int64_t delegate = remote_give(&worker, slot, CAP_TYPE_BARRIER, CAP_READ, &where);
        remote_begin(&helper, barrier_wait, slot, TIMEOUT_FOREVER);
        remote_until_blocked(&helper);
        remote_begin(&worker, barrier_wait, where, TIMEOUT_FOREVER);
        remote_until_blocked(&worker);
        CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
        CHECK_ERROR(sys(barrier_wait, slot, TIMEOUT_TRY), ETIMEDOUT);
        CHECK_EQUAL(remote_result(&worker), -EBADF);
        check_note("round %d, with another one", round);
        remote_begin(&worker, barrier_wait, slot, TIMEOUT_FOREVER);
        remote_until_blocked(&worker);
        CHECK_EQUAL(sys(barrier_wait, slot, TIMEOUT_FOREVER), BARRIER_SERIAL);
        CHECK_EQUAL(remote_result(&worker), 0);
        CHECK_EQUAL(remote_result(&helper), 0);
    }
    end_both();
}

static void test_rwlock(void) {
    // A writer that was revoked while it waited keeps no reader waiting.
    int64_t slot = NEED(sys(rwlock_create));
    start_both();
    CHECK_EQUAL(remote_call(&helper, rwlock_read, slot, TIMEOUT_FOREVER), 0);
    for (int round = 0; round < 5; round++) {
        int64_t delegate = remote_give(&worker, slot, CAP_TYPE_RWLOCK, CAP_WRITE, &where);
        remote_begin(&worker, rwlock_write, where, TIMEOUT_FOREVER);
        remote_until_blocked(&worker);
        CHECK_ERROR(sys(rwlock_read, slot, TIMEOUT_TRY), ETIMEDOUT);
        CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
        CHECK_EQUAL(sys(rwlock_read, slot, TIMEOUT_TRY), 0);
        CHECK_EQUAL(remote_result(&worker), -EBADF);
        CHECK_EQUAL(sys(rwlock_unlock, slot), 0);
    }
    end_both();
}

static void test_wake_is_passed_on(void) {
    // The worker is the first to be woken and is revoked before it can use that: the helper's turn.
    int64_t condition = NEED(sys(condition_create)), mutex = NEED(sys(mutex_create));
    int passed_on = 0;
    start_both();
    for (int round = 0; round < 10; round++) {
        check_note("round %d", round);
        int64_t delegate = remote_give(&worker, condition, CAP_TYPE_CONDITION, CAP_READ, &where);
        CHECK_EQUAL(remote_call(&worker, mutex_lock, mutex, TIMEOUT_FOREVER), 0);
        remote_begin(&worker, condition_wait, where, mutex, TIMEOUT_FOREVER);
        remote_until_blocked(&worker);
        CHECK_EQUAL(remote_call(&helper, mutex_lock, mutex, TIMEOUT_FOREVER), 0);
        remote_begin(&helper, condition_wait, condition, mutex, TIMEOUT_FOREVER);
        remote_until_blocked(&helper);
        CHECK_EQUAL(sys(condition_wake, condition, 1), 1);
        CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
        int64_t result = remote_result(&worker);
        CHECK_EQUAL(remote_call(&worker, mutex_unlock, mutex), 0);
        if (result == 0) // it was faster, and the wake-up was its own
            CHECK_EQUAL(sys(condition_wake, condition, 1), 1);
        else
            CHECK_EQUAL(result, -EBADF);
        passed_on += result != 0;
        CHECK_EQUAL(remote_result(&helper), 0);
        CHECK_EQUAL(remote_call(&helper, mutex_unlock, mutex), 0);
    }
    check_note("on one CPU the worker is hardly ever faster");
    CHECK(passed_on > 0 || system_now().cpus > 1);
    end_both();
}

static void test_mutex_of_condition(void) {
    // Waiting for a condition goes through two capabilities, and either may be revoked.
    int64_t condition = NEED(sys(condition_create)), mutex = NEED(sys(mutex_create));
    start_both();
    int64_t delegate = remote_give(&worker, mutex, CAP_TYPE_MUTEX, CAP_WRITE, &where);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, where, TIMEOUT_FOREVER), 0);
    CHECK_REVOKED_WHILE(&worker, delegate, condition_wait, condition, where, TIMEOUT_FOREVER);
    CHECK_EQUAL(sys(mutex_lock, mutex, TIMEOUT_TRY), 0);
    CHECK_EQUAL(sys(condition_wake, condition, 1), 0);
    end_both();
}

// ---- Locks without a slot ----------------------------------------------------------------------

static int64_t lock;

static uint64_t lock_mutex(void *argument) {
    (void)argument;
    return (uint64_t)sys(mutex_lock, lock, TIMEOUT_FOREVER);
}

static uint64_t lock_rwlock(void *argument) {
    return (uint64_t)(argument ? sys(rwlock_write, lock, TIMEOUT_FOREVER)
                               : sys(rwlock_read, lock, TIMEOUT_FOREVER));
}

// A thread waits for the lock, which the worker has; then its process gives its only slot up, and
// the worker the lock. The thread's result.
static int64_t wait_without_slot(uint64_t (*function)(void *), uint64_t argument) {
    int64_t before = references(lock), thread = start(function, argument);
    CHECK_UNTIL(references(lock) == before + 1);
    CHECK_EQUAL(sys(close, lock), 0);
    bool is_mutex = function == lock_mutex;
    CHECK_EQUAL(is_mutex ? remote_call(&worker, mutex_unlock, lock)
                         : remote_call(&worker, rwlock_unlock, lock),
                0);
    return (int64_t)join(thread);
}

static void test_mutex_without_slot(void) {
    lock = NEED(sys(mutex_create));
    start_both();
    CHECK_EQUAL(remote_call(&worker, mutex_lock, lock, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(wait_without_slot(lock_mutex, 0), -EBADF);
    check_note("and those who come later wait for nobody");
    CHECK_EQUAL(remote_call(&worker, mutex_lock, lock, TIMEOUT_TRY), -EOWNERDEAD);
    remote_begin(&helper, mutex_lock, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&helper);
    CHECK_EQUAL(remote_call(&worker, mutex_unlock, lock), 0);
    CHECK_EQUAL(remote_result(&helper), 0);
    end_both();
}

static void test_rwlock_without_slot(void) {
    for (uint64_t to_write = 0; to_write < 2; to_write++) {
        lock = NEED(sys(rwlock_create));
        start_both();
        CHECK_EQUAL(remote_call(&worker, rwlock_write, lock, TIMEOUT_FOREVER), 0);
        CHECK_EQUAL(wait_without_slot(lock_rwlock, to_write), -EBADF);
        CHECK_EQUAL(remote_call(&worker, rwlock_write, lock, TIMEOUT_TRY),
                    to_write ? -EOWNERDEAD : 0);
        end_both();
    }
}

// ---- Borrowed priorities -----------------------------------------------------------------------

// The caller, whose priority is 5, holds a mutex, for which the worker waits with priority 16.
static int64_t borrow_priority(void) {
    int64_t mutex = NEED(sys(mutex_create));
    start_both();
    CHECK_EQUAL(sys(thread_setschedparam, 0, 5), 0);
    CHECK_EQUAL(sys(mutex_lock, mutex, TIMEOUT_TRY), 0);
    remote_begin(&worker, mutex_lock, mutex, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    CHECK_EQUAL(priority_now(), 16);
    return mutex;
}

static void check_own_priority(void) { CHECK_EQUAL(priority_now(), 5); }

static void test_fork_inherits_own_priority(void) {
    int64_t mutex = borrow_priority();
    CHECK_EQUAL(check_in_child(check_own_priority), 0);
    CHECK_EQUAL(sys(mutex_unlock, mutex), 0);
    CHECK_EQUAL(remote_result(&worker), 0);
    CHECK_EQUAL(priority_now(), 5);
    end_both();
}

static void test_lost_mutex_returns_priority(void) {
    int64_t mutex = borrow_priority();
    CHECK_EQUAL(sys(close, mutex), 0);
    CHECK_EQUAL(remote_result(&worker), -EOWNERDEAD);
    CHECK_EQUAL(priority_now(), 5);
    end_both();
}

// ---- Chains of mutexes -------------------------------------------------------------------------

#define CHAIN_MUTEXES 4
#define CHAIN_THREADS 6
#define CHAIN_ROUNDS  400

static int64_t chain[CHAIN_MUTEXES];

// Locks one mutex after the other, mostly with little patience, and dies now and then with what it
// has; its priority is lent along.
static uint64_t lock_chain(void *argument) {
    uint64_t random = (uint64_t)argument * 7919 + 1;
    sys(thread_setschedparam, 0, 3 + (uint64_t)argument);
    for (int round = 0; round < CHAIN_ROUNDS; round++) {
        bool held[CHAIN_MUTEXES] = {false};
        for (int i = 0; i < CHAIN_MUTEXES; i++) {
            int64_t timeout = (int64_t)(random_next(&random) % 50000);
            int64_t result = sys(mutex_lock, chain[i], timeout);
            held[i] = result == 0 || result == -EOWNERDEAD;
            if (!held[i] && result != -ETIMEDOUT) return (uint64_t)result;
        }
        if (random_next(&random) % 64 == 0) sys(thread_exit, 0);
        for (int i = 0; i < CHAIN_MUTEXES; i++)
            if (held[i] && sys(mutex_unlock, chain[i]) != 0) return 1;
        if (random_next(&random) % 4 == 0) sys(yield);
    }
    return 0;
}

static void test_chains(void) {
    for (int i = 0; i < CHAIN_MUTEXES; i++) chain[i] = NEED(sys(mutex_create));
    for (uint64_t round = 0; round < 8; round++) {
        int64_t threads[CHAIN_THREADS];
        for (uint64_t i = 0; i < CHAIN_THREADS; i++)
            threads[i] = start(lock_chain, round * CHAIN_THREADS % 8 + i);
        for (int i = 0; i < CHAIN_THREADS; i++) CHECK_EQUAL(join(threads[i]), 0);
    }
    for (int i = 0; i < CHAIN_MUTEXES; i++) {
        int64_t result = sys(mutex_lock, chain[i], TIMEOUT_TRY);
        CHECK(result == 0 || result == -EOWNERDEAD);
    }
}

static const struct test_case cases[] = {
    {"barrier", test_barrier},
    {"rwlock", test_rwlock},
    {"wake_is_passed_on", test_wake_is_passed_on},
    {"mutex_of_condition", test_mutex_of_condition},
    {"mutex_without_slot", test_mutex_without_slot},
    {"rwlock_without_slot", test_rwlock_without_slot},
    {"fork_inherits_own_priority", test_fork_inherits_own_priority},
    {"lost_mutex_returns_priority", test_lost_mutex_returns_priority},
    {"chains", test_chains},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
