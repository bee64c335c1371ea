// SPDX-License-Identifier: MIT
// Tests of mutexes and condition variables: owners, owners that die, priority inheritance, waiting
// and revocation of who waits.
#include "check.h"
#include "lib/remote.h"

#include <ipc.h>

static struct remote worker, helper;
static int32_t where;

static void start_worker(void) {
    remote_make(&helper);
    remote_make(&worker);
    remote_start(&worker);
}

static void test_mutex(void) {
    int64_t slot = NEED(sys(mutex_create));
    CHECK_ERROR(sys(mutex_unlock, slot), EPERM);
    CHECK_EQUAL(sys(mutex_lock, slot, TIMEOUT_FOREVER), 0);
    CHECK_ERROR(sys(mutex_lock, slot, TIMEOUT_FOREVER), EDEADLK);
    start_worker();
    CHECK_EQUAL(remote_call(&worker, mutex_unlock, slot), -EPERM);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, slot, TIMEOUT_TRY), -ETIMEDOUT);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, slot, 2000000), -ETIMEDOUT);
    remote_begin(&worker, mutex_lock, slot, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(mutex_unlock, slot), 0);
    CHECK_EQUAL(remote_result(&worker), 0);
    CHECK_ERROR(sys(mutex_lock, slot, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_EQUAL(remote_call(&worker, mutex_unlock, slot), 0);
    check_note("revoked while it waits");
    CHECK_EQUAL(sys(mutex_lock, slot, TIMEOUT_TRY), 0);
    int64_t delegate = remote_give(&worker, slot, CAP_TYPE_MUTEX, CAP_WRITE, &where);
    CHECK_REVOKED_WHILE(&worker, delegate, mutex_lock, where, TIMEOUT_FOREVER);
    CHECK_EQUAL(sys(mutex_unlock, slot), 0);
    remote_end(&worker);
}

static void test_owner_dies(void) {
    // However the owner's process loses its last slot, the next owner is told, once.
    int64_t slot = NEED(sys(mutex_create)), spare = NEED(sys(open, "/dev/null", O_RDONLY));
    for (int way = 0; way < 6; way++) {
        check_note("way %d", way);
        start_worker();
        int64_t delegate = 0, there = slot;
        if (way == 4) {
            delegate = remote_give(&worker, slot, CAP_TYPE_MUTEX, CAP_WRITE, &where);
            CHECK_EQUAL(remote_call(&worker, close, slot), 0);
            there = where;
        }
        CHECK_EQUAL(remote_call(&worker, mutex_lock, there, TIMEOUT_TRY), 0);
        CHECK_ERROR(sys(mutex_lock, slot, TIMEOUT_TRY), ETIMEDOUT);
        int64_t copy = way == 5 ? remote_call(&worker, dup, there) : -1;
        switch (way) {
        case 0: CHECK_EQUAL(remote_call(&worker, close, there), 0); break;
        case 1: CHECK_EQUAL(remote_call(&worker, dup2, spare, there), there); break;
        case 2: remote_exit(&worker); break;
        case 3: CHECK_EQUAL(sys(kill, worker.pid), 0); break;
        case 4: CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0); break;
        case 5:
            CHECK_EQUAL(remote_call(&worker, close, there), 0);
            check_note("it has another slot");
            CHECK_ERROR(sys(mutex_lock, slot, TIMEOUT_TRY), ETIMEDOUT);
            CHECK_EQUAL(remote_call(&worker, close, copy), 0);
        }
        CHECK_ERROR(sys(mutex_lock, slot, TIMEOUT_FOREVER), EOWNERDEAD);
        CHECK_EQUAL(sys(mutex_unlock, slot), 0);
        CHECK_EQUAL(sys(mutex_lock, slot, TIMEOUT_TRY), 0);
        CHECK_EQUAL(sys(mutex_unlock, slot), 0);
        if (way == 2 || way == 3)
            check_wait(worker.pid);
        else
            remote_end(&worker);
        table_close(worker.orders[0], worker.answers[1]);
        table_close(helper.orders[0], helper.answers[1]);
    }
}

static void test_waiter_of_dead_owner(void) {
    int64_t slot = NEED(sys(mutex_create));
    start_worker();
    remote_fork(&worker, &helper);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, slot, TIMEOUT_TRY), 0);
    remote_begin(&helper, mutex_lock, slot, TIMEOUT_FOREVER);
    remote_until_blocked(&helper);
    CHECK_EQUAL(sys(kill, worker.pid), 0);
    CHECK_EQUAL(remote_result(&helper), -EOWNERDEAD);
    CHECK_ERROR(sys(mutex_lock, slot, TIMEOUT_TRY), ETIMEDOUT);
    remote_exit(&helper);
    check_wait(worker.pid);
}

static int64_t priority_of(const struct remote *remote) {
    struct process_info info;
    CHECK_EQUAL(sys(process_info, remote->pid, &info), remote->pid);
    return info.priority;
}

static void test_priority_inheritance(void) {
    // A chain: the caller waits for the helper, who waits for the worker.
    int64_t first = NEED(sys(mutex_create)), second = NEED(sys(mutex_create));
    start_worker();
    remote_fork(&worker, &helper);
    CHECK_EQUAL(remote_call(&worker, thread_setschedparam, 0, 5), 0);
    CHECK_EQUAL(remote_call(&helper, thread_setschedparam, 0, 9), 0);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, first, TIMEOUT_TRY), 0);
    CHECK_EQUAL(remote_call(&helper, mutex_lock, second, TIMEOUT_TRY), 0);
    remote_begin(&helper, mutex_lock, first, TIMEOUT_FOREVER);
    remote_until_blocked(&helper);
    CHECK_EQUAL(priority_of(&worker), 9);
    int64_t mine = sys(thread_getschedparam, 0);
    CHECK_ERROR(sys(mutex_lock, second, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_EQUAL(priority_of(&worker), 9);
    CHECK_ERROR(sys(mutex_lock, second, 1000000), ETIMEDOUT);
    CHECK_EQUAL(priority_of(&helper), mine);
    CHECK_EQUAL(priority_of(&worker), mine);
    check_note("it goes back with the mutex");
    CHECK_EQUAL(remote_call(&worker, mutex_unlock, first), 0);
    CHECK_EQUAL(remote_result(&helper), 0);
    CHECK_EQUAL(remote_call(&worker, thread_getschedparam, 0), 5);
    CHECK_EQUAL(remote_call(&helper, mutex_unlock, second), 0);
    CHECK_EQUAL(priority_of(&helper), mine);
    CHECK_EQUAL(remote_call(&helper, mutex_unlock, first), 0);
    CHECK_EQUAL(remote_call(&helper, thread_getschedparam, 0), 9);
    remote_exit(&helper);
    remote_end(&worker);
}

// ---- Condition variables
// --------------------------------------------------------------------------

static bool has_answered(const struct remote *remote) {
    struct stat answers;
    CHECK_EQUAL(sys(fstat, remote->answers[0], &answers), 0);
    return answers.size > 0;
}

static void test_condition(void) {
    int64_t condition = NEED(sys(condition_create)), mutex = NEED(sys(mutex_create));
    CHECK_ERROR(sys(condition_wait, condition, mutex, TIMEOUT_TRY), EPERM);
    CHECK_ERROR(sys(condition_wait, mutex, condition, TIMEOUT_TRY), EINVAL);
    CHECK_ERROR(sys(condition_wait, condition, 99, TIMEOUT_TRY), EBADF);
    CHECK_EQUAL(sys(condition_wake, condition, 1), 0);
    start_worker();
    remote_fork(&worker, &helper);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, mutex, TIMEOUT_FOREVER), 0);
    remote_begin(&worker, condition_wait, condition, mutex, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    check_note("the mutex is free meanwhile, and taken again");
    CHECK_EQUAL(sys(mutex_lock, mutex, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(sys(condition_wake, condition, 1), 1);
    CHECK_EQUAL(sys(mutex_unlock, mutex), 0);
    CHECK_EQUAL(remote_result(&worker), 0);
    CHECK_EQUAL(remote_call(&helper, mutex_lock, mutex, TIMEOUT_TRY), -ETIMEDOUT);
    check_note("timeout");
    CHECK_EQUAL(remote_call(&worker, condition_wait, condition, mutex, 1000000), -ETIMEDOUT);
    CHECK_EQUAL(remote_call(&worker, mutex_unlock, mutex), 0);
    check_note("all");
    const struct remote *both[] = {&worker, &helper};
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(remote_call(both[i], mutex_lock, mutex, TIMEOUT_FOREVER), 0);
        remote_begin(both[i], condition_wait, condition, mutex, TIMEOUT_FOREVER);
        remote_until_blocked(both[i]);
    }
    CHECK_EQUAL(sys(condition_wake, condition, INT64_MAX), 2);
    check_note("one has the mutex, and its answer is there; the other waits for it");
    const struct remote *first = &worker, *other = &helper;
    CHECK_UNTIL(has_answered(&worker) || has_answered(&helper));
    if (!has_answered(&worker)) first = &helper, other = &worker;
    CHECK_EQUAL(remote_result(first), 0);
    remote_until_blocked(other);
    CHECK_EQUAL(remote_call(first, mutex_unlock, mutex), 0);
    CHECK_EQUAL(remote_result(other), 0);
    remote_exit(&helper);
    remote_end(&worker);
}

static void test_condition_revoked(void) {
    int64_t condition = NEED(sys(condition_create)), mutex = NEED(sys(mutex_create));
    start_worker();
    int64_t delegate = remote_give(&worker, condition, CAP_TYPE_CONDITION, CAP_READ, &where);
    CHECK_EQUAL(remote_call(&worker, mutex_lock, mutex, TIMEOUT_FOREVER), 0);
    CHECK_REVOKED_WHILE(&worker, delegate, condition_wait, where, mutex, TIMEOUT_FOREVER);
    CHECK_EQUAL(remote_call(&worker, mutex_unlock, mutex), 0);
    remote_end(&worker);
}

static const struct test_case cases[] = {
    {"mutex", test_mutex},
    {"owner_dies", test_owner_dies},
    {"waiter_of_dead_owner", test_waiter_of_dead_owner},
    {"priority_inheritance", test_priority_inheritance},
    {"condition", test_condition},
    {"condition_revoked", test_condition_revoked},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
