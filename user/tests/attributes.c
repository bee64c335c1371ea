// SPDX-License-Identifier: MIT
// Tests of what a process may do besides its capabilities: the system-call allow-list and thread
// priorities. Both become less from parent to child, and never more.
#include "check.h"

#include <string.h>

static void deny(int number) {
    uint64_t denied[SYSCALL_WORDS] = {0};
    denied[number / 64] = UINT64_C(1) << (number % 64);
    CHECK_EQUAL(sys(deny_calls, denied), 0);
}

static struct process_info own_info(void) {
    struct process_info info;
    int64_t self = sys(getpid);
    CHECK_EQUAL(sys(process_info, self, &info), self);
    return info;
}

static bool is_allowed(const struct process_info *info, int number) {
    return info->syscalls_allowed[number / 64] >> (number % 64) & 1;
}

static int helper_getppid(int argc, char **argv) {
    (void)argc, (void)argv;
    return sys(getppid) == -EPERM ? 42 : 43;
}

// ---- The allow-list ----------------------------------------------------------------------------

static void test_deny(void) {
    CHECK(sys(getppid) > 0);
    struct process_info before = own_info();
    CHECK(is_allowed(&before, SYS_getppid));
    deny(SYS_getppid);
    CHECK_ERROR(sys(getppid), EPERM);
    CHECK_ERROR(sys(getppid), EPERM);
    struct process_info after = own_info();
    CHECK(!is_allowed(&after, SYS_getppid));
    CHECK(is_allowed(&after, SYS_getpid));
    CHECK_EQUAL(after.syscalls_denied, before.syscalls_denied + 2);
    CHECK_EQUAL(after.syscall_denied_last, SYS_getppid);
    check_note("an empty set gives nothing back");
    const uint64_t none[SYSCALL_WORDS] = {0};
    CHECK_EQUAL(sys(deny_calls, none), 0);
    CHECK_ERROR(sys(getppid), EPERM);
}

static void test_deny_before_gate(void) {
    // EPERM comes before anything that the gate or the handler would say.
    CHECK_ERROR(sys(read, -1, 8, 1), EBADF);
    deny(SYS_read);
    CHECK_ERROR(sys(read, -1, 8, 1), EPERM);
    CHECK_ERROR(sys(read, 0, 8, 1), EPERM);
}

static void test_deny_errors(void) {
    CHECK_ERROR(sys(deny_calls, 8), EFAULT);
    CHECK(sys(getppid) > 0);
    check_note("calls that do not exist do not matter");
    const uint64_t missing[SYSCALL_WORDS] = {1, UINT64_C(1) << 63};
    CHECK_EQUAL(sys(deny_calls, missing), 0);
}

static void test_deny_all(void) {
    const uint64_t all[SYSCALL_WORDS] = {UINT64_MAX, UINT64_MAX};
    int64_t pid = check_fork();
    if (pid == 0) {
        sys(deny_calls, all);
        if (sys(getpid) == -EPERM && sys(deny_calls, all) == -EPERM) sys(exit, 7);
        sys(exit, 8); // exit stays
    }
    CHECK_EQUAL(check_wait(pid), 7);
}

static void test_deny_fork(void) {
    int64_t pid = check_fork();
    if (pid == 0) {
        deny(SYS_fork);
        bool refused = sys(fork) == -EPERM;
        sys(exit, refused ? 0 : 1);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    pid = check_fork();
    if (pid == 0) sys(exit, 0);
    CHECK_EQUAL(check_wait(pid), 0);
}

static void test_deny_is_inherited(void) {
    CHECK_EQUAL(check_exec_helper("getppid", NULL, NULL, NULL), 43);
    deny(SYS_getppid);
    check_note("by fork and exec");
    CHECK_EQUAL(check_exec_helper("getppid", NULL, NULL, NULL), 42);
    check_note("by spawn");
    const char *argv[] = {check_program, "--helper", "getppid", NULL};
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_GRANTABLE};
    CHECK_EQUAL(check_wait(sys(spawn, check_program, argv, NULL, 0, &attributes)), 42);
}

static void test_spawn_denies(void) {
    const char *argv[] = {check_program, "--helper", "getppid", NULL};
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_GRANTABLE};
    CHECK_EQUAL(check_wait(sys(spawn, check_program, argv, NULL, 0, &attributes)), 43);
    attributes.denied_calls[SYS_getppid / 64] = UINT64_C(1) << (SYS_getppid % 64);
    CHECK_EQUAL(check_wait(sys(spawn, check_program, argv, NULL, 0, &attributes)), 42);
    check_note("the parent's own is as it was");
    CHECK(sys(getppid) > 0);
}

// ---- Priorities --------------------------------------------------------------------------------

static void test_priority(void) {
    int64_t self = NEED(sys(thread_self));
    CHECK_EQUAL(sys(cap_get_token, cap_token_slot(self), CAP_TYPE_THREAD), self);
    int64_t usual = NEED(sys(thread_getschedparam, 0));
    CHECK_EQUAL(sys(thread_getschedparam, self), usual);
    CHECK_EQUAL(sys(thread_setschedparam, self, usual - 1), 0);
    CHECK_EQUAL(sys(thread_getschedparam, 0), usual - 1);
    CHECK_EQUAL(own_info().priority, usual - 1);
    CHECK_EQUAL(sys(thread_setschedparam, 0, usual), 0);
    CHECK_EQUAL(sys(thread_getschedparam, self), usual);
    for (int bit = 0; bit < 64; bit++) {
        check_note("bit %d", bit);
        uint64_t wrong = (uint64_t)self ^ UINT64_C(1) << bit;
        CHECK_ERROR(sys(thread_setschedparam, wrong, usual), EBADF);
        CHECK_ERROR(sys(thread_getschedparam, wrong), EBADF);
    }
    check_note("values");
    CHECK_ERROR(sys(thread_setschedparam, 0, 0), EINVAL);
    CHECK_ERROR(sys(thread_setschedparam, 0, 32), EINVAL);
    CHECK_ERROR(sys(thread_setschedparam, 0, -1), EINVAL);
    CHECK_ERROR(sys(thread_setschedparam, 0, (INT64_C(1) << 32) + 5), EINVAL);
    int64_t file = NEED(sys(cap_get_token, 0, CAP_TYPE_FILE));
    CHECK_ERROR(sys(thread_setschedparam, file, usual), EINVAL);
    CHECK_ERROR(sys(thread_getschedparam, file), EINVAL);
}

static int helper_priority(int argc, char **argv) {
    (void)argc, (void)argv;
    if (sys(thread_getschedparam, 0) != 5 || sys(thread_setschedparam, 0, 6) != -EPERM) return 1;
    if (sys(thread_setschedparam, 0, 3) != 0 || sys(thread_setschedparam, 0, 5) != 0) return 2;
    return own_info().priority_max == 5 ? 42 : 3;
}

static void test_spawn_priority(void) {
    const char *argv[] = {check_program, "--helper", "priority", NULL};
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_GRANTABLE, .priority = 5};
    CHECK_EQUAL(check_wait(sys(spawn, check_program, argv, NULL, 0, &attributes)), 42);
    attributes.priority = 32;
    CHECK_ERROR(sys(spawn, check_program, argv, NULL, 0, &attributes), EINVAL);
    check_note("not above the parent's highest");
    const char *nested[] = {check_program, "--helper", "nested", NULL};
    attributes.priority = 7;
    CHECK_EQUAL(check_wait(sys(spawn, check_program, nested, NULL, 0, &attributes)), 42);
}

static int helper_nested(int argc, char **argv) {
    (void)argc, (void)argv;
    const char *child[] = {check_program, "--helper", "priority", NULL};
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_GRANTABLE, .priority = 8};
    if (sys(spawn, check_program, child, NULL, 0, &attributes) != -EPERM) return 1;
    attributes.priority = 5;
    return (int)check_wait(sys(spawn, check_program, child, NULL, 0, &attributes));
}

static void test_fork_priority(void) {
    int64_t usual = sys(thread_getschedparam, 0);
    CHECK_EQUAL(sys(thread_setschedparam, 0, usual - 3), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        int64_t inherited = sys(thread_getschedparam, 0);
        sys(exit, inherited);
    }
    CHECK_EQUAL(check_wait(pid), usual - 3);
}

static const struct test_case cases[] = {
    {"deny", test_deny},
    {"deny_before_gate", test_deny_before_gate},
    {"deny_errors", test_deny_errors},
    {"deny_all", test_deny_all},
    {"deny_fork", test_deny_fork},
    {"deny_is_inherited", test_deny_is_inherited},
    {"spawn_denies", test_spawn_denies},
    {"priority", test_priority},
    {"spawn_priority", test_spawn_priority},
    {"fork_priority", test_fork_priority},
};

static const struct test_helper helpers[] = {
    {"getppid", helper_getppid},
    {"priority", helper_priority},
    {"nested", helper_nested},
    {NULL, NULL},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
