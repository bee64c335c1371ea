// SPDX-License-Identifier: MIT
// Tests of reader-writer locks: who may be in together, who goes first, holders that end, and
// revocation of holders and of those who wait.
#include "check.h"
#include "lib/remote.h"
#include "lib/threads.h"

#include <ipc.h>

static struct remote first, second, third;
static int64_t lock;

static void start_remotes(void) {
    lock = NEED(sys(rwlock_create));
    remote_make(&first);
    remote_make(&second);
    remote_make(&third);
    remote_start(&first);
    remote_start(&second);
    remote_start(&third);
}

static void end_remotes(void) {
    remote_end(&first);
    remote_end(&second);
    remote_end(&third);
}

static void test_readers_and_writers(void) {
    start_remotes();
    CHECK_ERROR(sys(rwlock_unlock, lock), EPERM);
    CHECK_EQUAL(remote_call(&first, rwlock_read, lock, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(remote_call(&second, rwlock_read, lock, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(remote_call(&third, rwlock_write, lock, TIMEOUT_TRY), -ETIMEDOUT);
    CHECK_EQUAL(remote_call(&third, rwlock_write, lock, 1000000), -ETIMEDOUT);
    CHECK_EQUAL(remote_call(&third, rwlock_unlock, lock), -EPERM);
    CHECK_EQUAL(remote_call(&first, rwlock_unlock, lock), 0);
    remote_begin(&third, rwlock_write, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&third);
    CHECK_EQUAL(remote_call(&second, rwlock_unlock, lock), 0);
    CHECK_EQUAL(remote_result(&third), 0);
    CHECK_EQUAL(remote_call(&first, rwlock_read, lock, TIMEOUT_TRY), -ETIMEDOUT);
    CHECK_EQUAL(remote_call(&second, rwlock_write, lock, TIMEOUT_TRY), -ETIMEDOUT);
    CHECK_EQUAL(remote_call(&third, rwlock_unlock, lock), 0);
    end_remotes();
}

static void test_deadlocks(void) {
    lock = NEED(sys(rwlock_create));
    CHECK_EQUAL(sys(rwlock_read, lock, TIMEOUT_FOREVER), 0);
    CHECK_ERROR(sys(rwlock_write, lock, TIMEOUT_FOREVER), EDEADLK);
    CHECK_EQUAL(sys(rwlock_read, lock, TIMEOUT_FOREVER), 0); // once more
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    CHECK_ERROR(sys(rwlock_unlock, lock), EPERM);
    CHECK_EQUAL(sys(rwlock_write, lock, TIMEOUT_FOREVER), 0);
    CHECK_ERROR(sys(rwlock_read, lock, TIMEOUT_FOREVER), EDEADLK);
    CHECK_ERROR(sys(rwlock_write, lock, TIMEOUT_FOREVER), EDEADLK);
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    check_note("as many readers as it can remember");
    for (int i = 0; i < RWLOCK_READERS_MAX; i++) CHECK_EQUAL(sys(rwlock_read, lock, 0), 0);
    CHECK_ERROR(sys(rwlock_read, lock, TIMEOUT_FOREVER), EAGAIN);
    for (int i = 0; i < RWLOCK_READERS_MAX; i++) CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    CHECK_EQUAL(sys(rwlock_write, lock, 0), 0);
}

static void test_writers_go_first(void) {
    start_remotes();
    CHECK_EQUAL(sys(rwlock_read, lock, 0), 0);
    remote_begin(&first, rwlock_write, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&first);
    CHECK_EQUAL(remote_call(&second, rwlock_read, lock, TIMEOUT_TRY), -ETIMEDOUT);
    CHECK_EQUAL(sys(rwlock_read, lock, 0), 0); // a reader once more is not kept waiting
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    remote_begin(&second, rwlock_read, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&second);
    remote_begin(&third, rwlock_read, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&third);
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    CHECK_EQUAL(remote_result(&first), 0);
    CHECK_EQUAL(remote_call(&first, rwlock_unlock, lock), 0);
    CHECK_EQUAL(remote_result(&second), 0);
    CHECK_EQUAL(remote_result(&third), 0);
    check_note("readers wait no more when the writer gives up");
    remote_begin(&first, rwlock_write, lock, 20000000);
    remote_until_blocked(&first);
    CHECK_EQUAL(sys(rwlock_read, lock, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(remote_result(&first), -ETIMEDOUT);
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
    end_remotes();
}

static void test_holders_end(void) {
    start_remotes();
    check_note("a reader");
    CHECK_EQUAL(remote_call(&first, rwlock_read, lock, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(remote_call(&first, rwlock_read, lock, TIMEOUT_FOREVER), 0);
    remote_begin(&second, rwlock_write, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&second);
    remote_end(&first);
    CHECK_EQUAL(remote_result(&second), 0);
    check_note("a writer");
    remote_begin(&third, rwlock_read, lock, TIMEOUT_FOREVER);
    remote_until_blocked(&third);
    remote_end(&second);
    CHECK_EQUAL(remote_result(&third), -EOWNERDEAD);
    CHECK_EQUAL(sys(rwlock_read, lock, 0), 0);
    CHECK_EQUAL(remote_call(&third, rwlock_unlock, lock), 0);
    remote_end(&third);
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
}

static uint64_t write_and_end(void *argument) {
    (void)argument;
    return (uint64_t)sys(rwlock_write, lock, TIMEOUT_FOREVER);
}

static void test_holding_thread_ends(void) {
    lock = NEED(sys(rwlock_create));
    CHECK_EQUAL(join(start(write_and_end, 0)), 0);
    CHECK_ERROR(sys(rwlock_read, lock, TIMEOUT_FOREVER), EOWNERDEAD);
    CHECK_EQUAL(sys(rwlock_unlock, lock), 0);
}

static void test_revocation(void) {
    int32_t where;
    start_remotes();
    check_note("rights");
    int64_t delegate = remote_give(&first, lock, CAP_TYPE_RWLOCK, CAP_READ, &where);
    CHECK_EQUAL(remote_call(&first, rwlock_write, where, TIMEOUT_FOREVER), -ENOTCAPABLE);
    CHECK_EQUAL(remote_call(&first, rwlock_read, where, TIMEOUT_FOREVER), 0);
    check_note("of one who waits");
    int64_t waiting = remote_give(&second, lock, CAP_TYPE_RWLOCK, CAP_WRITE, &where);
    CHECK_REVOKED_WHILE(&second, waiting, rwlock_write, where, TIMEOUT_FOREVER);
    check_note("of one who holds it, and has another slot");
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_ERROR(sys(rwlock_write, lock, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_EQUAL(remote_call(&first, close, lock), 0);
    CHECK_EQUAL(sys(rwlock_write, lock, TIMEOUT_FOREVER), 0);
    end_remotes();
}

// ---- Many at once ------------------------------------------------------------------------------

static volatile uint64_t a, b;

static uint64_t read_or_write(void *argument) {
    for (int i = 0; i < 300; i++) {
        bool writes = (i + (int)(uint64_t)argument) % 5 == 0;
        if ((writes ? sys(rwlock_write, lock, -1) : sys(rwlock_read, lock, -1)) != 0) return 1;
        if (a != b) return 2;
        if (writes) {
            a = a + 1;
            if (i % 10 == 0) sys(yield);
            b = b + 1;
        }
        if (sys(rwlock_unlock, lock) != 0) return 3;
    }
    return 0;
}

static void test_many(void) {
    cap_token threads[6];
    lock = NEED(sys(rwlock_create));
    for (uint64_t i = 0; i < 6; i++) threads[i] = start(read_or_write, i);
    for (int i = 0; i < 6; i++) CHECK_EQUAL(join(threads[i]), 0);
    CHECK_EQUAL(a, 6 * 60);
}

static const struct test_case cases[] = {
    {"readers_and_writers", test_readers_and_writers},
    {"deadlocks", test_deadlocks},
    {"writers_go_first", test_writers_go_first},
    {"holders_end", test_holders_end},
    {"holding_thread_ends", test_holding_thread_ends},
    {"revocation", test_revocation},
    {"many", test_many},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
