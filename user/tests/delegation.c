// SPDX-License-Identifier: MIT
// Tests of delegation: who may hand on what to whom (P2, P4, P5), errors in their order and without
// effect (P12), the receiver's slot, its limit and its choice of givers.
#include "check.h"
#include "lib/remote.h"

#include <string.h>

static struct remote worker;
static int32_t where;        // the receiver's slot number
static char remote_byte[16]; // in a remote's memory

static int64_t token_of(int64_t slot, int64_t type) { return NEED(sys(cap_get_token, slot, type)); }

static int64_t file_token(int64_t slot) { return token_of(slot, CAP_TYPE_FILE); }

static void start_worker(void) {
    remote_make(&worker);
    remote_start(&worker);
}

// A file with GRANT that the worker does not have.
static int64_t open_file(int64_t flags) {
    check_make_file("/delegated", "0123456789", 10);
    return NEED(sys(open, "/delegated", flags | O_GRANT));
}

static int64_t transfer(int64_t slot, int64_t rights) {
    return sys(cap_transfer, file_token(slot), worker.pid, rights, &where);
}

static void test_transfer(void) {
    start_worker();
    int64_t slot = open_file(O_RDWR);
    int64_t handle = slot_lowest_free();
    int64_t delegate = NEED(transfer(slot, CAP_READ));
    CHECK_EQUAL(delegate, token_of(handle, CAP_TYPE_DELEGATE));
    check_note("the receiver's slot is its highest");
    CHECK_EQUAL(where, CAP_SLOTS_ORDINARY - 1);
    struct cap_info given, held, grant;
    CHECK_EQUAL(sys(cap_stat, slot, &held), 0);
    CHECK_EQUAL(sys(cap_stat, handle, &grant), 0);
    CHECK_EQUAL(sys(cap_inspect, worker.pid, where, &given), 0);
    CHECK_EQUAL(given.object_id, held.object_id);
    CHECK_EQUAL(given.rights, CAP_READ);
    CHECK_EQUAL(given.flags, CAP_RECEIVED);
    CHECK(given.grant_epoch != 0);
    CHECK_EQUAL(given.grant_epoch, grant.object_id);
    CHECK_EQUAL(held.references, 2);
    CHECK_EQUAL(grant.type, CAP_TYPE_DELEGATE);
    CHECK_EQUAL(grant.rights & CAP_GRANT, 0);
    check_note("the worker may read, and no more");
    CHECK_EQUAL(remote_call(&worker, read, where, remote_byte, 4), 4);
    CHECK_EQUAL(remote_call(&worker, write, where, remote_byte, 1), -ENOTCAPABLE);
    check_note("both share the file's offset");
    char text[4];
    CHECK_EQUAL(sys(read, slot, text, 2), 2);
    CHECK_BYTES(text, "45", 2);
    remote_end(&worker);
}

static void test_rights(void) {
    // Every subset of the source's rights less GRANT can be given, and nothing else.
    start_worker();
    int64_t both = open_file(O_RDWR), reading = open_file(O_RDONLY);
    for (int64_t rights = 0; rights < 64; rights++) {
        check_note("rights %lld", (long long)rights);
        bool both_may = !(rights & ~(int64_t)(CAP_READ | CAP_WRITE));
        bool reading_may = !(rights & ~(int64_t)CAP_READ);
        int64_t token = transfer(both, rights);
        if (!both_may) CHECK_EQUAL(token, -EINVAL);
        if (both_may) CHECK_EQUAL(sys(cap_revoke_delegate, token), 0);
        token = transfer(reading, rights);
        if (!reading_may) CHECK_EQUAL(token, -EINVAL);
        if (reading_may) CHECK_EQUAL(sys(cap_revoke_delegate, token), 0);
    }
    CHECK_EQUAL(transfer(both, INT64_C(1) << 32 | CAP_READ), -EINVAL);
    CHECK_EQUAL(transfer(both, INT64_MIN), -EINVAL);
    remote_end(&worker);
}

static void test_no_grant(void) {
    start_worker();
    int64_t plain = NEED(sys(open, "/dev/null", O_RDWR));
    CHECK_EQUAL(transfer(plain, CAP_READ), -EACCES);
    check_note("GRANT does not survive a transfer: a received capability goes no further");
    int64_t slot = open_file(O_RDWR), mine = sys(getpid);
    NEED(transfer(slot, CAP_READ | CAP_WRITE));
    int64_t token = NEED(remote_call(&worker, cap_get_token, where, CAP_TYPE_FILE));
    int32_t received = where;
    CHECK_EQUAL(remote_call(&worker, cap_transfer, token, mine, CAP_READ, &where), -EACCES);
    int64_t copy = NEED(remote_call(&worker, dup, received));
    token = NEED(remote_call(&worker, cap_get_token, copy, CAP_TYPE_FILE));
    CHECK_EQUAL(remote_call(&worker, cap_transfer, token, mine, CAP_READ, &where), -EACCES);
    check_note("thread and delegate handles never have it");
    int64_t delegate = NEED(transfer(slot, 0));
    CHECK_EQUAL(sys(cap_transfer, delegate, worker.pid, 0, &where), -EACCES);
    int64_t self = token_of(CAP_SLOTS - 1, CAP_TYPE_THREAD);
    CHECK_EQUAL(sys(cap_transfer, self, worker.pid, 0, &where), -EACCES);
    remote_end(&worker);
}

// Errors are tried in the order of the specification: each row is wrong in one more way.
static void test_order_of_errors(void) {
    start_worker();
    int64_t slot = open_file(O_RDWR), plain = NEED(sys(open, "/dev/null", O_RDWR));
    int64_t good = file_token(slot), stale = good ^ (INT64_C(1) << CAP_TOKEN_GENERATION_SHIFT);
    int64_t live = slots_live();
    int64_t self = sys(getpid), nobody = 0x3fffffff, unwilling = worker.pid;
    CHECK_EQUAL(remote_call(&worker, cap_accept, CAP_ACCEPT_NOBODY), 0);
    where = 4711;
    CHECK_ERROR(sys(cap_transfer, stale, nobody, ~0u, 8), EBADF);
    CHECK_ERROR(sys(cap_transfer, file_token(plain), nobody, ~0u, 8), EACCES);
    CHECK_ERROR(sys(cap_transfer, good, nobody, ~0u, 8), EINVAL);
    CHECK_ERROR(sys(cap_transfer, good, nobody, CAP_GRANT, 8), EINVAL);
    CHECK_ERROR(sys(cap_transfer, good, self, CAP_READ, 8), EINVAL);
    CHECK_ERROR(sys(cap_transfer, good, nobody, CAP_READ, 8), ESRCH);
    CHECK_ERROR(sys(cap_transfer, good, 0, CAP_READ, 8), ESRCH);
    CHECK_ERROR(sys(cap_transfer, good, -1, CAP_READ, 8), ESRCH);
    CHECK_ERROR(sys(cap_transfer, good, unwilling | INT64_C(1) << 32, CAP_READ, 8), ESRCH);
    CHECK_ERROR(sys(cap_transfer, good, unwilling, CAP_READ, 8), EPERM);
    CHECK_EQUAL(remote_call(&worker, cap_accept, CAP_ACCEPT_FAMILY), 0);
    CHECK_ERROR(sys(cap_transfer, good, worker.pid, CAP_READ, 8), EFAULT);
    table_fill();
    CHECK_ERROR(sys(cap_transfer, good, worker.pid, CAP_READ, 8), EFAULT);
    CHECK_ERROR(sys(cap_transfer, good, worker.pid, CAP_READ, &where), EMFILE);
    check_note("nothing has changed");
    CHECK_EQUAL(where, 4711);
    table_close(plain + 1, CAP_SLOTS_ORDINARY - 1);
    CHECK_EQUAL(slots_live(), live);
    struct process_info info;
    CHECK_EQUAL(sys(process_info, worker.pid, &info), worker.pid);
    NEED(transfer(slot, CAP_READ));
    struct process_info after;
    CHECK_EQUAL(sys(process_info, worker.pid, &after), worker.pid);
    CHECK_EQUAL(after.slots_live, info.slots_live + 1);
    remote_end(&worker);
}

static void test_zombie_receives_nothing(void) {
    int64_t slot = open_file(O_RDWR);
    int64_t pid = check_fork();
    if (pid == 0) sys(exit, 0);
    struct process_info info = {0};
    CHECK_UNTIL(sys(process_info, pid, &info) == pid && info.state == PROCESS_ZOMBIE);
    CHECK_ERROR(sys(cap_transfer, file_token(slot), pid, CAP_READ, &where), ESRCH);
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK_ERROR(sys(cap_transfer, file_token(slot), pid, CAP_READ, &where), ESRCH);
}

static void test_limit(void) {
    // Givers cannot fill a table: received slots have a limit, and leave it when they are closed.
    start_worker();
    int64_t slot = open_file(O_RDWR);
    for (int i = 0; i < CAP_RECEIVED_MAX; i++) {
        NEED(transfer(slot, CAP_READ));
        CHECK_EQUAL(where, CAP_SLOTS_ORDINARY - 1 - i);
    }
    CHECK_EQUAL(transfer(slot, CAP_READ), -EMFILE);
    CHECK_EQUAL(remote_call(&worker, close, where + 3), 0);
    NEED(transfer(slot, CAP_READ));
    CHECK_EQUAL(transfer(slot, CAP_READ), -EMFILE);
    check_note("the receiver's own copies do not count");
    int64_t copy = NEED(remote_call(&worker, dup, where));
    CHECK_EQUAL(remote_call(&worker, close, where), 0);
    NEED(transfer(slot, CAP_READ));
    CHECK_EQUAL(remote_call(&worker, read, copy, remote_byte, 1), 1);
    remote_end(&worker);
}

static void test_full_receiver(void) {
    start_worker();
    int64_t slot = open_file(O_RDWR);
    while (remote_call(&worker, dup, 0) >= 0) continue;
    CHECK_EQUAL(transfer(slot, CAP_READ), -EMFILE);
    CHECK_EQUAL(remote_call(&worker, close, 50), 0);
    NEED(transfer(slot, CAP_READ));
    CHECK_EQUAL(where, 50);
    remote_end(&worker);
}

static void test_accept(void) {
    CHECK_ERROR(sys(cap_accept, 3), EINVAL);
    CHECK_ERROR(sys(cap_accept, -1), EINVAL);
    CHECK_ERROR(sys(cap_accept, INT64_C(1) << 32), EINVAL);
    static struct remote other;
    remote_make(&worker);
    remote_make(&other);
    remote_start(&other);
    remote_start(&worker);
    int64_t slot = NEED(remote_call(&worker, open, "/dev/null", O_RDWR | O_GRANT));
    int64_t token = NEED(remote_call(&worker, cap_get_token, slot, CAP_TYPE_FILE));
    int64_t mine = sys(getpid);
    check_note("from a child and a parent, by default; not from a sibling");
    int64_t delegate = NEED(remote_call(&worker, cap_transfer, token, mine, CAP_READ, &where));
    CHECK(slot_is_live(CAP_SLOTS_ORDINARY - 1));
    CHECK_EQUAL(remote_call(&worker, cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(remote_call(&worker, cap_transfer, token, other.pid, CAP_READ, &where), -EPERM);
    check_note("from anybody");
    CHECK_EQUAL(remote_call(&other, cap_accept, CAP_ACCEPT_ANYBODY), 0);
    NEED(remote_call(&worker, cap_transfer, token, other.pid, CAP_READ, &where));
    check_note("from nobody");
    CHECK_EQUAL(sys(cap_accept, CAP_ACCEPT_NOBODY), 0);
    CHECK_EQUAL(remote_call(&worker, cap_transfer, token, mine, CAP_READ, &where), -EPERM);
    remote_end(&worker);
    remote_end(&other);
}

static void test_confinement(void) {
    // A token names its holder's table: in another process it is just a number.
    start_worker();
    int64_t slot = open_file(O_RDWR);
    int64_t token = file_token(slot), mine = sys(getpid);
    CHECK_EQUAL(remote_call(&worker, cap_drop, token), -EBADF);
    CHECK_EQUAL(remote_call(&worker, cap_transfer, token, mine, CAP_READ, &where), -EBADF);
    int64_t delegate = NEED(transfer(slot, CAP_READ));
    CHECK_EQUAL(remote_call(&worker, cap_revoke_delegate, delegate), -EBADF);
    CHECK_EQUAL(remote_call(&worker, read, where, remote_byte, 1), 1);
    remote_end(&worker);
}

static void test_ending_receiver(void) {
    // From the moment that it has been told to end there is no such process to give to.
    int64_t slot = open_file(O_RDWR), before = slots_live();
    for (int round = 0; round < 10; round++) {
        start_worker();
        CHECK_EQUAL(sys(kill, worker.pid), 0);
        CHECK_ERROR(transfer(slot, CAP_READ), ESRCH);
        check_wait(worker.pid);
        CHECK_ERROR(transfer(slot, CAP_READ), ESRCH);
        table_close(worker.orders[0], worker.answers[1]);
        CHECK_EQUAL(slots_live(), before);
    }
}

static const struct test_case cases[] = {
    {"transfer", test_transfer},
    {"rights", test_rights},
    {"no_grant", test_no_grant},
    {"order_of_errors", test_order_of_errors},
    {"zombie_receives_nothing", test_zombie_receives_nothing},
    {"limit", test_limit},
    {"full_receiver", test_full_receiver},
    {"accept", test_accept},
    {"confinement", test_confinement},
    {"ending_receiver", test_ending_receiver},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
