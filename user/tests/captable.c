// SPDX-License-Identifier: MIT
// Tests of the calls on the capability table: close, dup, dup2, setflags, stat, inspect, the order
// of slots, reserved slots and a full table.
#include "check.h"

#include <string.h>

static int64_t null_open(int64_t flags) { return NEED(sys(open, "/dev/null", flags)); }

// Descriptors that no call may accept.
static const int64_t bad_slots[] = {-1,
                                    100,
                                    CAP_SLOTS,
                                    CAP_SLOTS + 1,
                                    255,
                                    256,
                                    1 << 16,
                                    INT32_MAX,
                                    INT32_MIN,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_C(1) << 32,
                                    (INT64_C(1) << 32) + 1,
                                    (INT64_C(1) << 40) + 1};
#define BAD_SLOTS (sizeof(bad_slots) / sizeof(bad_slots[0]))

static void test_bad_slots(void) {
    struct cap_info info;
    int64_t self = sys(getpid);
    for (size_t i = 0; i < BAD_SLOTS; i++) {
        check_note("slot %lld", (long long)bad_slots[i]);
        CHECK_ERROR(sys(close, bad_slots[i]), EBADF);
        CHECK_ERROR(sys(dup, bad_slots[i]), EBADF);
        CHECK_ERROR(sys(dup2, bad_slots[i], 1), EBADF);
        CHECK_ERROR(sys(cap_get_token, bad_slots[i], CAP_TYPE_FILE), EBADF);
        CHECK_ERROR(sys(cap_stat, bad_slots[i], &info), EBADF);
        CHECK_ERROR(sys(cap_setflags, bad_slots[i], 0), EBADF);
        CHECK_ERROR(sys(cap_inspect, self, bad_slots[i], &info), EBADF);
    }
}

static void test_lowest_free(void) {
    int64_t first = slot_lowest_free();
    for (int64_t i = 0; i < 6; i++) {
        int64_t slot = i % 2 ? NEED(sys(dup, 0)) : null_open(O_RDONLY);
        CHECK_EQUAL(slot, slot_lowest_free() > slot ? slot : -1);
    }
    table_close(first, first + 5);
    CHECK_EQUAL(null_open(O_RDONLY), first);
    CHECK_EQUAL(null_open(O_RDONLY), first + 1);
    CHECK_EQUAL(null_open(O_RDONLY), first + 2);
    CHECK_EQUAL(sys(close, first + 1), 0);
    CHECK_EQUAL(sys(close, first), 0);
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    CHECK_EQUAL(slots[0], first);
    CHECK_EQUAL(slots[1], first + 1);
    CHECK_EQUAL(sys(dup, first + 2), first + 3);
    CHECK_EQUAL(sys(close, first + 1), 0);
    CHECK_EQUAL(sys(dup, first), first + 1);
}

static void test_close(void) {
    int64_t slot = null_open(O_RDONLY);
    CHECK_EQUAL(sys(close, slot), 0);
    CHECK_ERROR(sys(close, slot), EBADF);
    char byte;
    CHECK_ERROR(sys(read, slot, &byte, 1), EBADF);
}

static void test_dup(void) {
    int64_t slot = null_open(O_RDWR | O_GRANT | O_CLOEXEC);
    int64_t copy = NEED(sys(dup, slot));
    struct cap_info original, copied;
    CHECK_EQUAL(sys(cap_stat, slot, &original), 0);
    CHECK_EQUAL(sys(cap_stat, copy, &copied), 0);
    CHECK_EQUAL(copied.type, CAP_TYPE_FILE);
    CHECK_EQUAL(copied.rights, original.rights);
    CHECK_EQUAL(copied.object_id, original.object_id);
    CHECK_EQUAL(copied.grant_epoch, 0);
    CHECK_EQUAL(original.flags, CAP_CLOSE_ON_SPAWN);
    CHECK_EQUAL(copied.flags, 0);
    CHECK_EQUAL(copied.references, 2);
    check_note("each copy is closed on its own");
    CHECK_EQUAL(sys(close, slot), 0);
    CHECK_EQUAL(sys(cap_stat, copy, &copied), 0);
    CHECK_EQUAL(copied.references, 1);
    CHECK_EQUAL(sys(write, copy, "x", 1), 1);
}

static void test_dup2(void) {
    int64_t source = null_open(O_RDONLY | O_CLOEXEC), target = null_open(O_WRONLY);
    struct cap_info before, after;
    CHECK_EQUAL(sys(cap_stat, target, &before), 0);
    CHECK_EQUAL(sys(dup2, source, target), target);
    CHECK_EQUAL(sys(cap_stat, target, &after), 0);
    CHECK(after.object_id != before.object_id);
    CHECK(after.generation > before.generation);
    CHECK_EQUAL(after.flags, 0);
    CHECK_ERROR(sys(write, target, "x", 1), ENOTCAPABLE);
    check_note("onto an empty slot");
    CHECK_EQUAL(sys(dup2, source, 77), 77);
    CHECK(slot_is_live(77));
    check_note("onto itself: no change at all");
    CHECK_EQUAL(sys(cap_stat, source, &before), 0);
    CHECK_EQUAL(sys(dup2, source, source), source);
    CHECK_EQUAL(sys(cap_stat, source, &after), 0);
    CHECK_BYTES(&after, &before, sizeof(after));
    check_note("the source is tried first, and a failure leaves the target");
    CHECK_ERROR(sys(dup2, 100, 100), EBADF);
    CHECK_ERROR(sys(dup2, 100, source), EBADF);
    CHECK_ERROR(sys(dup2, 100, -1), EBADF);
    CHECK(slot_is_live(source));
    CHECK_ERROR(sys(dup2, source, -1), EBADF);
    CHECK_ERROR(sys(dup2, source, CAP_SLOTS), EBADF);
    CHECK_ERROR(sys(dup2, source, INT64_C(1) << 32), EBADF);
}

static void test_dup2_is_atomic_for_pipes(void) {
    // The only writer is replaced: its reader sees the end of the file at once.
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    int64_t other = null_open(O_WRONLY);
    CHECK_EQUAL(sys(dup2, other, slots[1]), slots[1]);
    char byte;
    CHECK_EQUAL(sys(read, slots[0], &byte, 1), 0);
}

static void test_setflags(void) {
    int64_t slot = null_open(O_RDONLY);
    struct cap_info info, before;
    CHECK_EQUAL(sys(cap_stat, slot, &before), 0);
    CHECK_EQUAL(sys(cap_setflags, slot, CAP_CLOSE_ON_SPAWN), 0);
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK_EQUAL(info.flags, CAP_CLOSE_ON_SPAWN);
    CHECK_EQUAL(info.generation, before.generation);
    for (int bit = 1; bit < 64; bit++) {
        check_note("bit %d", bit);
        CHECK_ERROR(sys(cap_setflags, slot, UINT64_C(1) << bit), EINVAL);
        CHECK_ERROR(sys(cap_setflags, 100, UINT64_C(1) << bit), EBADF);
    }
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK_EQUAL(info.flags, CAP_CLOSE_ON_SPAWN);
    CHECK_EQUAL(sys(cap_setflags, slot, 0), 0);
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK_EQUAL(info.flags, 0);
}

static void test_stat(void) {
    check_make_file("/named", "", 0);
    int64_t slot = NEED(sys(open, "/named", O_RDWR));
    struct cap_info info;
    memset(&info, 0xff, sizeof(info));
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK_EQUAL(info.type, CAP_TYPE_FILE);
    CHECK_EQUAL(info.rights & (CAP_READ | CAP_WRITE | CAP_GRANT), CAP_READ | CAP_WRITE);
    CHECK_EQUAL(info.rights & ~CAP_RIGHTS_ALL, 0);
    CHECK_EQUAL(info.flags, 0);
    CHECK_EQUAL(info.grant_epoch, 0);
    CHECK_EQUAL(info.references, 1);
    CHECK_EQUAL(info.reserved, 0);
    CHECK_STRING(info.name, "/named");
    for (size_t i = strlen(info.name); i < sizeof(info.name); i++) CHECK_EQUAL(info.name[i], 0);
    CHECK_EQUAL(sys(unlink, "/named"), 0);
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    for (int end = 0; end < 2; end++) {
        CHECK_EQUAL(sys(cap_stat, slots[end], &info), 0);
        CHECK_EQUAL(info.rights & (CAP_READ | CAP_WRITE | CAP_GRANT),
                    (end ? CAP_WRITE : CAP_READ) | CAP_GRANT);
        CHECK(strncmp(info.name, "pipe", 4) == 0);
    }
}

static void test_inspect(void) {
    struct cap_info own, seen;
    int64_t slot = null_open(O_RDWR | O_GRANT);
    int64_t self = sys(getpid);
    CHECK_EQUAL(sys(cap_stat, slot, &own), 0);
    CHECK_EQUAL(sys(cap_inspect, self, slot, &seen), 0);
    CHECK_BYTES(&seen, &own, sizeof(own));
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        char byte;
        CHECK_EQUAL(sys(close, slot), 0);
        CHECK_EQUAL(sys(close, slots[1]), 0);
        CHECK_EQUAL(sys(read, slots[0], &byte, 1), 0);
        sys(exit, 0);
    }
    check_until_blocked(pid);
    CHECK_ERROR(sys(cap_inspect, pid, slot, &seen), EBADF);
    CHECK_EQUAL(sys(cap_inspect, pid, slots[0], &seen), 0);
    CHECK_EQUAL(sys(cap_stat, slots[0], &own), 0);
    CHECK_EQUAL(seen.object_id, own.object_id);
    CHECK_EQUAL(sys(close, slots[1]), 0);
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK_ERROR(sys(cap_inspect, pid, slots[0], &seen), ESRCH);
    CHECK_ERROR(sys(cap_inspect, 0, 0, &seen), ESRCH);
    CHECK_ERROR(sys(cap_inspect, -1, 0, &seen), ESRCH);
    CHECK_ERROR(sys(cap_inspect, INT64_C(1) << 32 | 1, 0, &seen), ESRCH);
}

static int64_t thread_slot(void) {
    for (int64_t slot = CAP_SLOTS_ORDINARY; slot < CAP_SLOTS; slot++)
        if (slot_is_live(slot)) return slot;
    return -1;
}

static void test_reserved_slots(void) {
    int64_t source = null_open(O_RDONLY), thread = thread_slot();
    struct cap_info info;
    CHECK(thread >= 0);
    CHECK_EQUAL(sys(cap_stat, thread, &info), 0);
    CHECK_EQUAL(info.type, CAP_TYPE_THREAD);
    CHECK_EQUAL(info.rights & CAP_GRANT, 0);
    CHECK_ERROR(sys(dup, thread), EINVAL);
    CHECK_ERROR(sys(dup2, thread, source), EINVAL);
    CHECK_ERROR(sys(dup2, thread, 60), EINVAL);
    CHECK_ERROR(sys(dup2, thread, thread), EINVAL);
    CHECK(slot_is_live(source) && !slot_is_live(60));
    for (int64_t slot = CAP_SLOTS_ORDINARY; slot < CAP_SLOTS; slot++) {
        check_note("slot %lld", (long long)slot);
        bool was_live = slot_is_live(slot);
        CHECK_ERROR(sys(dup2, source, slot), EINVAL);
        CHECK_EQUAL(slot_is_live(slot), was_live);
    }
    check_note("a thread is not a file");
    char byte;
    CHECK_ERROR(sys(read, thread, &byte, 1), EINVAL);
    CHECK_ERROR(sys(write, thread, &byte, 1), EINVAL);
    struct stat stat;
    CHECK_ERROR(sys(fstat, thread, &stat), EINVAL);
    CHECK_ERROR(sys(cap_get_token, thread, CAP_TYPE_FILE), EINVAL);
    CHECK(NEED(sys(cap_get_token, thread, CAP_TYPE_THREAD)) > 0);
}

static void test_full_table(void) {
    CHECK_EQUAL(slots_live() + table_fill(), CAP_SLOTS_ORDINARY);
    CHECK_EQUAL(slot_lowest_free(), -1);
    int32_t slots[2] = {-5, -6};
    CHECK_ERROR(sys(open, "/dev/null", O_RDONLY), EMFILE);
    CHECK_ERROR(sys(pipe, slots), EMFILE);
    CHECK_ERROR(sys(dup, 0), EMFILE);
    check_note("a failed open made no file");
    CHECK_ERROR(sys(open, "/not-made", O_RDWR | O_CREAT), EMFILE);
    CHECK_EQUAL(sys(close, 90), 0);
    CHECK_ERROR(sys(open, "/not-made", O_RDONLY), ENOENT);
    check_note("one slot is not enough for a pipe");
    CHECK_ERROR(sys(pipe, slots), EMFILE);
    CHECK(!slot_is_live(90));
    check_note("the same with dup2, which needs no free slot");
    CHECK_EQUAL(sys(dup, 1), 90);
    CHECK_EQUAL(sys(dup2, 1, 91), 91);
    CHECK_EQUAL(sys(close, 90), 0);
    CHECK_EQUAL(sys(close, 20), 0);
    CHECK_EQUAL(sys(pipe, slots), 0);
    CHECK_EQUAL(slots[0], 20);
    CHECK_EQUAL(slots[1], 90);
    CHECK_EQUAL(slots_live(), CAP_SLOTS_ORDINARY);
    check_note("fork copies a full table");
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(slots_live(), CAP_SLOTS_ORDINARY);
        CHECK_ERROR(sys(dup, 1), EMFILE);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    table_close(3, CAP_SLOTS_ORDINARY - 1);
    CHECK_EQUAL(null_open(O_RDONLY), 3);
}

static void test_references(void) {
    int64_t slot = null_open(O_RDONLY);
    struct cap_info info;
    for (uint32_t i = 2; i < 20; i++) {
        NEED(sys(dup, slot));
        CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
        CHECK_EQUAL(info.references, i);
    }
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
        CHECK_EQUAL(info.references, 2 * 19);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    check_note("a process gives up its slots when it ends");
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK_EQUAL(info.references, 19);
}

static const struct test_case cases[] = {
    {"bad_slots", test_bad_slots},
    {"lowest_free", test_lowest_free},
    {"close", test_close},
    {"dup", test_dup},
    {"dup2", test_dup2},
    {"dup2_pipe", test_dup2_is_atomic_for_pipes},
    {"setflags", test_setflags},
    {"stat", test_stat},
    {"inspect", test_inspect},
    {"reserved_slots", test_reserved_slots},
    {"full_table", test_full_table},
    {"references", test_references},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
