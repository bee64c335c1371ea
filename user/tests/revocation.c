// SPDX-License-Identifier: MIT
// Tests of revocation: it reaches every copy and nothing else (P6), wakes who waits and lets
// nothing more through (P7), lets go of the object (P9), and is robust against its own races (P11).
#include "check.h"
#include "lib/remote.h"
#include "lib/storm.h"

#include <string.h>

static struct remote worker, helper;
static int32_t where, second; // receivers' slot numbers
static char remote_bytes[5000];

static int64_t token_of(int64_t slot, int64_t type) { return NEED(sys(cap_get_token, slot, type)); }

static void start_worker(void) {
    remote_make(&helper);
    remote_make(&worker);
    remote_start(&worker);
}

static int64_t open_file(void) {
    check_make_file("/revoked", "0123456789", 10);
    return NEED(sys(open, "/revoked", O_RDWR | O_GRANT));
}

static int64_t give(const struct remote *to, int64_t slot, int64_t rights, int32_t *arrived) {
    return NEED(sys(cap_transfer, token_of(slot, CAP_TYPE_FILE), to->pid, rights, arrived));
}

static int64_t references(int64_t slot) {
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    return info.references;
}

static void test_all_calls_fail(void) {
    // Each denial has its allowed twin: the same call before the revocation.
    start_worker();
    int64_t slot = open_file();
    int64_t delegate = give(&worker, slot, CAP_READ | CAP_WRITE, &where);
    for (int revoked = 0; revoked < 2; revoked++) {
        check_note(revoked ? "after" : "before");
        int64_t denied = revoked ? -EBADF : 0;
        CHECK_EQUAL(remote_call(&worker, lseek, where, 0, SEEK_SET), denied);
        CHECK_EQUAL(remote_call(&worker, read, where, remote_bytes, 1), revoked ? -EBADF : 1);
        CHECK_EQUAL(remote_call(&worker, write, where, remote_bytes, 1), revoked ? -EBADF : 1);
        CHECK_EQUAL(remote_call(&worker, fstat, where, remote_bytes), denied);
        CHECK_EQUAL(remote_call(&worker, cap_stat, where, remote_bytes), denied);
        CHECK_EQUAL(remote_call(&worker, cap_setflags, where, 0), denied);
        int64_t copy = remote_call(&worker, dup, where);
        CHECK_EQUAL(copy < 0 ? copy : 0, denied);
        CHECK_EQUAL(remote_call(&worker, dup2, where, 60), revoked ? -EBADF : 60);
        if (!revoked) CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    }
    CHECK_EQUAL(remote_call(&worker, close, where), -EBADF);
    check_note("the handle is consumed");
    CHECK_ERROR(sys(cap_revoke_delegate, delegate), EBADF);
    CHECK_EQUAL(references(slot), 1);
    remote_end(&worker);
}

static void test_copies(void) {
    // Copies by dup, in a child, and by dup in a child; all go, at once.
    start_worker();
    int64_t slot = open_file();
    int64_t delegate = give(&worker, slot, CAP_READ, &where);
    int64_t copy = NEED(remote_call(&worker, dup, where));
    remote_fork(&worker, &helper);
    CHECK_EQUAL(remote_call(&helper, dup2, copy, 77), 77);
    CHECK_EQUAL(references(slot), 1 + 2 + 3);
    CHECK_EQUAL(remote_call(&worker, read, copy, remote_bytes, 1), 1);
    CHECK_EQUAL(remote_call(&helper, read, 77, remote_bytes, 1), 1);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(references(slot), 1);
    const int64_t slots[] = {where, copy, 77};
    for (int i = 0; i < 3; i++) {
        if (i < 2) CHECK_EQUAL(remote_call(&worker, read, slots[i], remote_bytes, 1), -EBADF);
        CHECK_EQUAL(remote_call(&helper, read, slots[i], remote_bytes, 1), -EBADF);
    }
    check_note("the giver's own lives");
    CHECK_EQUAL(sys(read, slot, remote_bytes, 1), 1);
    remote_exit(&helper);
    remote_end(&worker);
}

static void test_many_copies(void) {
    start_worker();
    int64_t slot = open_file();
    int64_t delegate = give(&worker, slot, CAP_READ, &where);
    int64_t copies = 0, last = -1, copy;
    while ((copy = remote_call(&worker, dup, where)) >= 0) copies++, last = copy;
    CHECK(copies > 50);
    remote_fork(&worker, &helper);
    CHECK_EQUAL(references(slot), 1 + 2 * (copies + 1));
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(references(slot), 1);
    CHECK_EQUAL(remote_call(&helper, read, last, remote_bytes, 1), -EBADF);
    check_note("the slots are free again");
    CHECK(remote_call(&worker, dup, 0) >= 0);
    remote_exit(&helper);
    remote_end(&worker);
}

static void test_nothing_else(void) {
    // The receiver's other capabilities on the object, and other grants of it, are untouched.
    int64_t slot = open_file(); // the worker has it by fork
    start_worker();
    remote_fork(&worker, &helper);
    int64_t first = give(&worker, slot, CAP_READ, &where);
    int64_t other = give(&worker, slot, CAP_READ, &second);
    CHECK_EQUAL(sys(cap_revoke_delegate, first), 0);
    CHECK_EQUAL(remote_call(&worker, read, where, remote_bytes, 1), -EBADF);
    CHECK_EQUAL(remote_call(&worker, read, second, remote_bytes, 1), 1);
    CHECK_EQUAL(remote_call(&worker, read, slot, remote_bytes, 1), 1);
    CHECK_EQUAL(remote_call(&helper, read, slot, remote_bytes, 1), 1);
    CHECK_EQUAL(sys(cap_revoke_delegate, other), 0);
    CHECK_EQUAL(remote_call(&worker, read, slot, remote_bytes, 1), 1);
    remote_exit(&helper);
    remote_end(&worker);
}

static void test_wrong_tokens(void) {
    int64_t slot = open_file();
    start_worker();
    int64_t delegate = give(&worker, slot, CAP_READ, &where);
    CHECK_ERROR(sys(cap_revoke_delegate, token_of(slot, CAP_TYPE_FILE)), EBADF);
    CHECK_ERROR(sys(cap_revoke_delegate, token_of(CAP_SLOTS - 1, CAP_TYPE_THREAD)), EBADF);
    CHECK_ERROR(sys(cap_revoke_delegate, 0), EBADF);
    CHECK_ERROR(sys(cap_revoke_delegate, -1), EBADF);
    for (int bit = 0; bit < 64; bit++) {
        check_note("bit %d", bit);
        CHECK_ERROR(sys(cap_revoke_delegate, (uint64_t)delegate ^ UINT64_C(1) << bit), EBADF);
    }
    CHECK_EQUAL(remote_call(&worker, read, where, remote_bytes, 1), 1);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    remote_end(&worker);
}

static void test_gift(void) {
    // Who drops the handle has given for good.
    start_worker();
    int64_t slot = open_file();
    int64_t delegate = give(&worker, slot, CAP_READ, &where);
    int64_t other = give(&worker, slot, CAP_READ, &second);
    CHECK_EQUAL(sys(cap_drop, delegate), 0);
    CHECK_ERROR(sys(cap_revoke_delegate, delegate), EBADF);
    CHECK_EQUAL(sys(close, slot + 2), 0);
    CHECK_ERROR(sys(cap_revoke_delegate, other), EBADF);
    CHECK_EQUAL(sys(close, slot), 0);
    CHECK_EQUAL(remote_call(&worker, read, where, remote_bytes, 1), 1);
    CHECK_EQUAL(remote_call(&worker, read, second, remote_bytes, 1), 1);
    remote_end(&worker);
}

static void test_handle_is_not_copied(void) {
    int64_t slot = open_file();
    start_worker();
    int64_t handle = slot_lowest_free();
    int64_t delegate = give(&worker, slot, CAP_READ, &where);
    CHECK_ERROR(sys(dup, handle), EINVAL);
    CHECK_ERROR(sys(dup2, handle, 90), EINVAL);
    CHECK_ERROR(sys(dup2, slot, handle), EINVAL);
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK(!slot_is_live(handle));
        CHECK_ERROR(sys(cap_revoke_delegate, delegate), EBADF);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    check_note("the child's exit has revoked nothing");
    CHECK_EQUAL(remote_call(&worker, read, where, remote_bytes, 1), 1);
    remote_end(&worker);
}

// ---- The giver's exit and exec -----------------------------------------------------------------

static int helper_nothing(int argc, char **argv) {
    (void)argc, (void)argv;
    return 0;
}

static void test_giver_ends(void) {
    remote_make(&worker);
    remote_start(&worker);
    CHECK_EQUAL(remote_call(&worker, cap_accept, CAP_ACCEPT_ANYBODY), 0);
    int64_t slot = open_file();
    for (int ending = 0; ending < 4; ending++) {
        check_note("ending %d", ending);
        int32_t ready[2], go[2];
        CHECK_EQUAL(sys(pipe, ready), 0);
        CHECK_EQUAL(sys(pipe, go), 0);
        int64_t pid = check_fork();
        if (pid == 0) {
            int64_t delegate = give(&worker, slot, CAP_READ, &where);
            if (ending == 2) CHECK_EQUAL(sys(cap_drop, delegate), 0);
            CHECK_EQUAL(sys(write, ready[1], &where, sizeof(where)), sizeof(where));
            char byte;
            CHECK_EQUAL(sys(read, go[0], &byte, 1), 1);
            const char *argv[] = {check_program, "--helper", "nothing", NULL};
            if (ending == 3) // the handle is closed with the others, and that is no gift
                NEED(sys(cap_setflags, delegate & (CAP_SLOTS - 1), CAP_CLOSE_ON_SPAWN));
            if (ending % 2) NEED(sys(exec, check_program, argv));
            sys(exit, 0);
        }
        check_read_all(ready[0], &where, sizeof(where));
        CHECK_EQUAL(remote_call(&worker, fstat, where, remote_bytes), 0);
        CHECK_EQUAL(sys(write, go[1], "g", 1), 1);
        CHECK_EQUAL(check_wait(pid), 0);
        int64_t expected = ending == 2 ? 0 : -EBADF; // what was dropped is a gift
        CHECK_EQUAL(remote_call(&worker, fstat, where, remote_bytes), expected);
        table_close(ready[0], go[1]);
    }
    remote_end(&worker);
}

static void test_receiver_ends(void) {
    // The receiver is gone, and its child holds a copy.
    start_worker();
    int64_t slot = open_file();
    int64_t delegate = give(&worker, slot, CAP_READ, &where);
    remote_fork(&worker, &helper);
    remote_end(&worker);
    CHECK_EQUAL(remote_call(&helper, read, where, remote_bytes, 1), 1);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(remote_call(&helper, read, where, remote_bytes, 1), -EBADF);
    CHECK_EQUAL(references(slot), 1);
    check_note("nobody holds anything: revoking still works once");
    start_worker();
    delegate = give(&worker, slot, CAP_READ, &where);
    remote_end(&worker);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_ERROR(sys(cap_revoke_delegate, delegate), EBADF);
    remote_exit(&helper);
}

// ---- Who waits ---------------------------------------------------------------------------------

static void test_wakes_reader(void) {
    start_worker();
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    int64_t delegate = give(&worker, ends[0], CAP_READ, &where);
    remote_begin(&worker, read, where, remote_bytes, 10);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(remote_result(&worker), -EBADF);
    check_note("what is written now is for others");
    CHECK_EQUAL(sys(write, ends[1], "mine", 4), 4);
    CHECK_EQUAL(sys(read, ends[0], remote_bytes, 10), 4);
    remote_end(&worker);
}

static void test_wakes_writer(void) {
    start_worker();
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    static char full[4096];
    CHECK_EQUAL(sys(write, ends[1], full, sizeof(full)), sizeof(full));
    int64_t delegate = give(&worker, ends[1], CAP_WRITE, &where);
    remote_begin(&worker, write, where, remote_bytes, 10);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(remote_result(&worker), -EBADF);
    struct stat stat;
    CHECK_EQUAL(sys(fstat, ends[0], &stat), 0);
    CHECK_EQUAL(stat.size, sizeof(full));
    remote_end(&worker);
}

static void test_wakes_after_close(void) {
    // Blocked in a child, through a slot that the child's parent has closed long ago.
    start_worker();
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    int64_t delegate = give(&worker, ends[0], CAP_READ, &where);
    remote_fork(&worker, &helper);
    CHECK_EQUAL(remote_call(&worker, close, where), 0);
    remote_begin(&helper, read, where, remote_bytes, 10);
    remote_until_blocked(&helper);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(remote_result(&helper), -EBADF);
    remote_exit(&helper);
    remote_end(&worker);
}

static void test_last_writer(void) {
    // The last writer leaves by revocation: the reader sees the end now.
    start_worker();
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    int64_t delegate = give(&worker, ends[1], CAP_WRITE, &where);
    CHECK_EQUAL(sys(close, ends[1]), 0);
    CHECK_EQUAL(remote_call(&worker, write, where, "x", 1), 1);
    CHECK_EQUAL(sys(read, ends[0], remote_bytes, 10), 1);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(sys(read, ends[0], remote_bytes, 10), 0);
    remote_end(&worker);
}

// ---- Storms ------------------------------------------------------------------------------------

#define ROUNDS 60

// Reads, copies and forks through what it gets; everything may fail, nothing may hang.
static void hammer(int32_t slot) {
    char byte;
    for (int i = 0; i < 20; i++) {
        int64_t copy = sys(dup, slot);
        sys(read, slot, &byte, 1);
        sys(lseek, copy, 0, SEEK_SET);
        int64_t pid = i % 8 == 0 ? sys(fork) : -1;
        if (pid == 0) {
            for (int j = 0; j < 10; j++) {
                sys(yield);
                sys(read, copy, &byte, 1);
            }
            sys(exit, 0);
        }
        sys(close, copy);
    }
    while (sys(wait, WAIT_ANY, 0, 0) > 0) continue;
}

static void revoke_under_fire(void) {
    int64_t slot = open_file();
    for (int round = 0; round < ROUNDS; round++) {
        int32_t told[2];
        CHECK_EQUAL(sys(pipe, told), 0);
        int64_t pid = check_fork();
        if (pid == 0) {
            int32_t mine;
            CHECK_EQUAL(sys(close, slot), 0);
            check_read_all(told[0], &mine, sizeof(mine));
            hammer(mine);
            sys(exit, 0);
        }
        worker.pid = pid;
        int64_t delegate = give(&worker, slot, CAP_READ, &where);
        CHECK_EQUAL(sys(write, told[1], &where, sizeof(where)), sizeof(where));
        for (int i = 0; i < round % 7; i++) sys(yield);
        CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
        CHECK_EQUAL(check_wait(pid), 0);
        CHECK_EQUAL(references(slot), 1);
        table_close(told[0], told[1]);
    }
}

static void test_revoke_under_fire(void) { revoke_under_fire(); }

// Two processes give to each other and take back, for ever: the order of locks is tried.
static void test_opposite_transfers(void) {
    int64_t slot = open_file();
    int64_t mine = sys(getpid);
    remote_make(&worker);
    remote_make(&helper);
    int64_t pid = check_fork();
    bool is_child = pid == 0;
    worker.pid = is_child ? mine : pid;
    int done = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t token =
            sys(cap_transfer, token_of(slot, CAP_TYPE_FILE), worker.pid, CAP_READ, &where);
        if (token == -ESRCH || token == -EMFILE) continue; // the other has ended, or is ahead
        NEED(token);
        done++;
        CHECK_EQUAL(i % 3 ? sys(cap_revoke_delegate, token) : sys(cap_drop, token), 0);
        // A gift is cleared away by its receiver.
        for (int64_t gift = CAP_SLOTS_ORDINARY - 1; gift >= CAP_SLOTS_ORDINARY - CAP_RECEIVED_MAX;
             gift--)
            sys(close, gift);
    }
    CHECK(done > 0);
    if (is_child) sys(exit, 0);
    CHECK_EQUAL(check_wait(pid), 0);
}

static const struct test_case cases[] = {
    {"all_calls_fail", test_all_calls_fail},
    {"copies", test_copies},
    {"many_copies", test_many_copies},
    {"nothing_else", test_nothing_else},
    {"wrong_tokens", test_wrong_tokens},
    {"gift", test_gift},
    {"handle_is_not_copied", test_handle_is_not_copied},
    {"giver_ends", test_giver_ends},
    {"receiver_ends", test_receiver_ends},
    {"wakes_reader", test_wakes_reader},
    {"wakes_writer", test_wakes_writer},
    {"wakes_after_close", test_wakes_after_close},
    {"last_writer", test_last_writer},
    {"revoke_under_fire", test_revoke_under_fire},
    {"opposite_transfers", test_opposite_transfers},
};

static const struct test_helper helpers[] = {{"nothing", helper_nothing}, {NULL, NULL}};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
