// SPDX-License-Identifier: MIT
// Tests of spawn: what a child gets in each of the three modes, file actions in their order (P13),
// attenuation (P4), reserved slots (P14), and that a failed spawn leaves nothing behind.
#include "check.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>

#define NULL_DEVICE "/dev/null"

static const char *helper_argv(const char *name, const char **argv) {
    argv[0] = check_program;
    argv[1] = "--helper";
    argv[2] = name;
    argv[3] = NULL;
    return check_program;
}

// Slots 0 to 2 may go to any child here, nothing else is open, and failures can still be reported.
static void standard_slots(void) {
    table_close(3, CAP_SLOTS_ORDINARY - 1);
    int64_t terminal = NEED(sys(open, "/dev/console", O_RDWR | O_GRANT));
    for (int64_t slot = 0; slot < 3; slot++) CHECK_EQUAL(sys(dup2, terminal, slot), slot);
    CHECK_EQUAL(sys(close, terminal), 0);
}

// What a child says about its table: type and rights of every ordinary slot.
struct report {
    uint32_t type[CAP_SLOTS_ORDINARY];
    uint32_t rights[CAP_SLOTS_ORDINARY];
    uint64_t object_id[CAP_SLOTS_ORDINARY];
    uint32_t flags[CAP_SLOTS_ORDINARY];
};
static struct report report;

#define REPORT_FILE "/spawn-report"

static int helper_report(int argc, char **argv) {
    (void)argc, (void)argv;
    for (int slot = 0; slot < CAP_SLOTS_ORDINARY; slot++) {
        struct cap_info info;
        if (sys(cap_stat, slot, &info) == 0) {
            report.type[slot] = info.type;
            report.rights[slot] = info.rights & (CAP_READ | CAP_WRITE | CAP_EXEC | CAP_GRANT);
            report.object_id[slot] = info.object_id;
            report.flags[slot] = info.flags;
        }
    }
    check_make_file(REPORT_FILE, &report, sizeof(report));
    return 42;
}

// Spawns the reporter. Its pid, or the error of spawn; `report` is then filled.
static int64_t spawn_reporter(const struct spawn_action *actions, size_t count, uint32_t inherit) {
    const char *argv[4];
    struct spawn_attributes attributes = {.inherit = inherit};
    int64_t pid = sys(spawn, helper_argv("report", argv), argv, actions, count, &attributes);
    if (pid < 0) return pid;
    CHECK_EQUAL(check_wait(pid), 42);
    int64_t slot = NEED(sys(open, REPORT_FILE, O_RDONLY));
    check_read_all(slot, &report, sizeof(report));
    CHECK_EQUAL(sys(close, slot), 0);
    CHECK_EQUAL(sys(unlink, REPORT_FILE), 0);
    return pid;
}

static int reported_live(void) {
    int live = 0;
    for (int slot = 0; slot < CAP_SLOTS_ORDINARY; slot++) live += report.type[slot] != 0;
    return live;
}

static void test_inherit_all(void) {
    standard_slots();
    int64_t a = NEED(sys(open, NULL_DEVICE, O_RDWR | O_GRANT));
    int64_t b = NEED(sys(open, NULL_DEVICE, O_WRONLY | O_GRANT));
    CHECK_EQUAL(sys(dup2, b, 50), 50);
    CHECK_EQUAL(sys(close, b), 0);
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, a, &info), 0);
    NEED(spawn_reporter(NULL, 0, SPAWN_INHERIT_ALL));
    CHECK_EQUAL(reported_live(), 5);
    check_note("the same slots, less GRANT");
    CHECK_EQUAL(report.rights[a], CAP_READ | CAP_WRITE);
    CHECK_EQUAL(report.object_id[a], info.object_id);
    CHECK_EQUAL(report.rights[50], CAP_WRITE);
    CHECK_EQUAL(report.type[b], 0);
    check_note("null attributes mean the same");
    const char *argv[4];
    int64_t pid = NEED(sys(spawn, helper_argv("report", argv), argv, 0, 0, 0));
    CHECK_EQUAL(check_wait(pid), 42);
    CHECK_EQUAL(sys(unlink, REPORT_FILE), 0);
}

static void test_inherit_all_ungrantable(void) {
    standard_slots();
    int64_t slot = NEED(sys(open, NULL_DEVICE, O_RDONLY));
    CHECK_ERROR(spawn_reporter(NULL, 0, SPAWN_INHERIT_ALL), EACCES);
    CHECK_ERROR(sys(wait, WAIT_ANY, 0, WAIT_NO_HANG), ECHILD);
    check_note("a close action comes too late: inheritance is complete before it (P13)");
    struct spawn_action close_it = spawn_action_close((int)slot);
    CHECK_ERROR(spawn_reporter(&close_it, 1, SPAWN_INHERIT_ALL), EACCES);
    check_note("close-on-spawn slots do not count");
    CHECK_EQUAL(sys(cap_setflags, slot, CAP_CLOSE_ON_SPAWN), 0);
    NEED(spawn_reporter(NULL, 0, SPAWN_INHERIT_ALL));
    CHECK_EQUAL(reported_live(), 3);
}

static void test_close_on_spawn(void) {
    standard_slots();
    int64_t slot = NEED(sys(open, NULL_DEVICE, O_RDONLY | O_GRANT | O_CLOEXEC));
    NEED(spawn_reporter(NULL, 0, SPAWN_INHERIT_ALL));
    CHECK_EQUAL(report.type[slot], 0);
    NEED(spawn_reporter(NULL, 0, SPAWN_INHERIT_GRANTABLE));
    CHECK_EQUAL(report.type[slot], 0);
    CHECK(slot_is_live(slot));
}

static void test_inherit_grantable(void) {
    standard_slots();
    int64_t kept = NEED(sys(open, NULL_DEVICE, O_RDONLY | O_GRANT));
    int64_t skipped = NEED(sys(open, NULL_DEVICE, O_RDONLY));
    NEED(spawn_reporter(NULL, 0, SPAWN_INHERIT_GRANTABLE));
    CHECK_EQUAL(reported_live(), 4);
    CHECK_EQUAL(report.rights[kept], CAP_READ);
    CHECK_EQUAL(report.type[skipped], 0);
    check_note("DUP2 reads the child's table, where the skipped slot is not");
    struct spawn_action copy = spawn_action_dup2((int)skipped, 30);
    CHECK_ERROR(spawn_reporter(&copy, 1, SPAWN_INHERIT_GRANTABLE), EBADF);
    copy = spawn_action_dup2((int)kept, 30);
    NEED(spawn_reporter(&copy, 1, SPAWN_INHERIT_GRANTABLE));
    CHECK_EQUAL(report.rights[30], CAP_READ);
}

static void test_inherit_nothing(void) {
    standard_slots();
    int64_t a = NEED(sys(open, NULL_DEVICE, O_RDWR | O_GRANT));
    int64_t b = NEED(sys(open, NULL_DEVICE, O_RDWR));
    NEED(spawn_reporter(NULL, 0, SPAWN_INHERIT_NOTHING));
    CHECK_EQUAL(reported_live(), 0);
    check_note("DUP2 reads the parent's table, gated by GRANT and stripped");
    struct spawn_action actions[] = {spawn_action_dup2((int)a, 0), spawn_action_dup2((int)a, 77)};
    NEED(spawn_reporter(actions, 2, SPAWN_INHERIT_NOTHING));
    CHECK_EQUAL(reported_live(), 2);
    CHECK_EQUAL(report.rights[0], CAP_READ | CAP_WRITE);
    CHECK_EQUAL(report.rights[77], CAP_READ | CAP_WRITE);
    actions[1] = spawn_action_dup2((int)b, 77);
    CHECK_ERROR(spawn_reporter(actions, 2, SPAWN_INHERIT_NOTHING), EACCES);
    actions[1] = spawn_action_dup2(60, 77);
    CHECK_ERROR(spawn_reporter(actions, 2, SPAWN_INHERIT_NOTHING), EBADF);
    CHECK_ERROR(sys(wait, WAIT_ANY, 0, WAIT_NO_HANG), ECHILD);
}

static void test_action_order(void) {
    standard_slots();
    int64_t a = NEED(sys(open, NULL_DEVICE, O_RDONLY | O_GRANT));
    int64_t b = NEED(sys(open, NULL_DEVICE, O_WRONLY | O_GRANT));
    check_note("two slots change places through a third");
    struct spawn_action swap[] = {
        spawn_action_dup2((int)a, 20),
        spawn_action_dup2((int)b, (int)a),
        spawn_action_dup2(20, (int)b),
        spawn_action_close(20),
    };
    NEED(spawn_reporter(swap, 4, SPAWN_INHERIT_ALL));
    CHECK_EQUAL(report.rights[a], CAP_WRITE);
    CHECK_EQUAL(report.rights[b], CAP_READ);
    CHECK_EQUAL(report.type[20], 0);
    check_note("in another order it is another result");
    struct spawn_action other[] = {
        spawn_action_dup2((int)b, (int)a),
        spawn_action_close((int)b),
        spawn_action_open((int)b, NULL_DEVICE, O_RDWR),
    };
    NEED(spawn_reporter(other, 3, SPAWN_INHERIT_ALL));
    CHECK_EQUAL(report.rights[a], CAP_WRITE);
    CHECK_EQUAL(report.rights[b], CAP_READ | CAP_WRITE | CAP_GRANT);
    struct spawn_action too_early[] = {
        spawn_action_dup2(20, 21),
        spawn_action_dup2((int)a, 20),
    };
    CHECK_ERROR(spawn_reporter(too_early, 2, SPAWN_INHERIT_ALL), EBADF);
    check_note("the parent's own slots did not move");
    CHECK_EQUAL(slot_rights(a) & (CAP_READ | CAP_WRITE), CAP_READ);
    CHECK_EQUAL(slot_rights(b) & (CAP_READ | CAP_WRITE), CAP_WRITE);
    CHECK(!slot_is_live(20));
}

static void test_open_action(void) {
    standard_slots();
    struct spawn_action actions[] = {
        spawn_action_open(10, NULL_DEVICE, O_RDONLY),
        spawn_action_open(11, "/spawn-made", O_WRONLY | O_CREAT),
        spawn_action_open(11, NULL_DEVICE, O_WRONLY | O_CLOEXEC),
    };
    NEED(spawn_reporter(actions, 3, SPAWN_INHERIT_NOTHING));
    check_note("with GRANT: the parent configures the child on purpose");
    CHECK_EQUAL(report.rights[10], CAP_READ | CAP_GRANT);
    CHECK_EQUAL(report.rights[11], CAP_WRITE | CAP_GRANT);
    CHECK_EQUAL(sys(unlink, "/spawn-made"), 0);
    actions[2] = spawn_action_open(11, "/no-such-file", O_RDONLY);
    CHECK_ERROR(spawn_reporter(actions, 3, SPAWN_INHERIT_NOTHING), ENOENT);
    sys(unlink, "/spawn-made");
    actions[0] = spawn_action_open(10, NULL_DEVICE, O_ACCMODE);
    CHECK_ERROR(spawn_reporter(actions, 1, SPAWN_INHERIT_NOTHING), EINVAL);
}

static void test_bad_actions(void) {
    standard_slots();
    static const int bad[] = {-1, CAP_SLOTS, CAP_SLOTS + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_note("slot %d", bad[i]);
        struct spawn_action action = spawn_action_open(bad[i], NULL_DEVICE, O_RDONLY);
        CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL), EBADF);
        action = spawn_action_close(bad[i]);
        CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL), EBADF);
        action = spawn_action_dup2(bad[i], 5);
        CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL), EBADF);
        action = spawn_action_dup2(0, bad[i]);
        CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL), EBADF);
        CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_NOTHING), EBADF);
    }
    static const uint32_t kinds[] = {0, 4, 99, UINT32_MAX};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        check_note("kind %u", kinds[i]);
        struct spawn_action action = {.kind = kinds[i]};
        CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL), EINVAL);
    }
    check_note("closing what is not open");
    struct spawn_action action = spawn_action_close(50);
    CHECK_ERROR(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL), EBADF);
    CHECK_ERROR(sys(wait, WAIT_ANY, 0, WAIT_NO_HANG), ECHILD);
}

static void test_reserved_slots(void) {
    standard_slots();
    for (int slot = CAP_SLOTS_ORDINARY; slot < CAP_SLOTS; slot++) {
        check_note("slot %d", slot);
        struct spawn_action action = spawn_action_open(slot, NULL_DEVICE, O_RDONLY);
        CHECK(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL) < 0);
        action = spawn_action_dup2(0, slot);
        CHECK(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL) < 0);
        CHECK(spawn_reporter(&action, 1, SPAWN_INHERIT_NOTHING) < 0);
        action = spawn_action_dup2(slot, 5);
        CHECK(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL) < 0);
        CHECK(spawn_reporter(&action, 1, SPAWN_INHERIT_NOTHING) < 0);
        action = spawn_action_close(slot);
        CHECK(spawn_reporter(&action, 1, SPAWN_INHERIT_ALL) < 0);
    }
}

static void test_attributes(void) {
    standard_slots();
    CHECK_ERROR(spawn_reporter(NULL, 0, 3), EINVAL);
    CHECK_ERROR(spawn_reporter(NULL, 0, UINT32_MAX), EINVAL);
    const char *argv[4];
    const char *path = helper_argv("report", argv);
    struct spawn_attributes reserved = {.reserved = 1}, accounts = {.new_account = 2};
    CHECK_ERROR(sys(spawn, path, argv, 0, 0, &reserved), EINVAL);
    CHECK_ERROR(sys(spawn, path, argv, 0, 0, &accounts), EINVAL);
    check_note("action counts");
    CHECK_ERROR(sys(spawn, path, argv, 0, 1, 0), EFAULT);
    CHECK_ERROR(sys(spawn, path, argv, 0, -1, 0), EINVAL);
    CHECK_ERROR(sys(spawn, path, argv, 0, INT64_C(1) << 32, 0), EINVAL);
    CHECK_ERROR(sys(spawn, path, argv, 0, UINT64_MAX / sizeof(struct spawn_action), 0), EINVAL);
}

static void test_program_errors(void) {
    standard_slots();
    const char *argv[] = {"x", NULL};
    CHECK_ERROR(sys(spawn, "/no-such-program", argv, 0, 0, 0), ENOENT);
    CHECK_ERROR(sys(spawn, "/dev/null/x", argv, 0, 0, 0), ENOTDIR);
    check_make_file("/spawn-text", "#! not a program\n", 17);
    CHECK_ERROR(sys(spawn, "/spawn-text", argv, 0, 0, 0), ENOEXEC);
    CHECK_EQUAL(sys(unlink, "/spawn-text"), 0);
    CHECK(sys(spawn, "/dev", argv, 0, 0, 0) < 0);
    CHECK(sys(spawn, NULL_DEVICE, argv, 0, 0, 0) < 0);
    CHECK_ERROR(sys(wait, WAIT_ANY, 0, WAIT_NO_HANG), ECHILD);
}

// A child of spawn cannot spawn in the default mode before it has closed what it inherited.
static int helper_spawn_again(int argc, char **argv) {
    const char *again[4];
    (void)argc, (void)argv;
    const char *path = helper_argv("nothing", again);
    CHECK_ERROR(sys(spawn, path, again, 0, 0, 0), EACCES);
    for (int64_t slot = 0; slot < CAP_SLOTS_ORDINARY; slot++)
        sys(cap_setflags, slot, CAP_CLOSE_ON_SPAWN);
    int64_t pid = NEED(sys(spawn, path, again, 0, 0, 0));
    CHECK_EQUAL(check_wait(pid), 7);
    return 8;
}

static int helper_nothing(int argc, char **argv) {
    (void)argc, (void)argv;
    return slots_live() == 0 ? 7 : 1;
}

static void test_spawned_child_spawns(void) {
    standard_slots();
    const char *argv[4];
    int64_t pid = NEED(sys(spawn, helper_argv("spawn_again", argv), argv, 0, 0, 0));
    CHECK_EQUAL(check_wait(pid), 8);
}

static void test_child_relations(void) {
    standard_slots();
    const char *argv[4];
    int64_t self = sys(getpid);
    int64_t pid = NEED(sys(spawn, helper_argv("nothing", argv), argv, 0, 0, 0));
    struct process_info info;
    CHECK_EQUAL(sys(process_info, pid, &info), pid);
    CHECK_EQUAL(info.parent, self);
    CHECK_EQUAL(info.group, self);
    CHECK_EQUAL(check_wait(pid), 1);
}

static void test_failure_leaves_nothing(void) {
    // Every step of a spawn fails once; the harness compares the system's counts afterwards.
    standard_slots();
    int64_t live = slots_live();
    const char *argv[4];
    const char *path = helper_argv("report", argv);
    struct spawn_action many[65];
    for (int i = 0; i < 65; i++) many[i] = spawn_action_open(5 + i % 50, NULL_DEVICE, O_RDONLY);
    for (int round = 0; round < 50; round++) {
        struct spawn_attributes nothing = {.inherit = SPAWN_INHERIT_NOTHING};
        many[63] = spawn_action_open(5, "/missing", O_RDONLY);
        CHECK_ERROR(sys(spawn, path, argv, many, 64, &nothing), ENOENT);
        many[63] = spawn_action_close(111);
        CHECK_ERROR(sys(spawn, path, argv, many, 64, 0), EBADF);
        CHECK_ERROR(sys(spawn, path, argv, many, 65, 0), EINVAL);
        many[63].kind = SPAWN_FA_OPEN;
        many[63].path = 1;
        CHECK_ERROR(sys(spawn, path, argv, many, 64, 0), EFAULT);
        CHECK_ERROR(sys(spawn, path, 1, many, 10, 0), EFAULT);
        CHECK_ERROR(sys(spawn, "/missing", argv, many, 10, 0), ENOENT);
    }
    CHECK_EQUAL(slots_live(), live);
    CHECK_ERROR(sys(wait, WAIT_ANY, 0, WAIT_NO_HANG), ECHILD);
}

static const struct test_helper helpers[] = {
    {"report", helper_report},
    {"spawn_again", helper_spawn_again},
    {"nothing", helper_nothing},
    {NULL, NULL},
};

static const struct test_case cases[] = {
    {"inherit_all", test_inherit_all},
    {"inherit_all_ungrantable", test_inherit_all_ungrantable},
    {"close_on_spawn", test_close_on_spawn},
    {"inherit_grantable", test_inherit_grantable},
    {"inherit_nothing", test_inherit_nothing},
    {"action_order", test_action_order},
    {"open_action", test_open_action},
    {"bad_actions", test_bad_actions},
    {"reserved_slots", test_reserved_slots},
    {"attributes", test_attributes},
    {"program_errors", test_program_errors},
    {"spawned_child_spawns", test_spawned_child_spawns},
    {"child_relations", test_child_relations},
    {"failure_leaves_nothing", test_failure_leaves_nothing},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
