// SPDX-License-Identifier: MIT
// Tests of kill and process groups: whoever is killed, in whatever call, ends at once and gives
// back what it held.
#include "check.h"

static void test_kill_errors(void) {
    CHECK_ERROR(sys(kill, 1 << 30), ESRCH);
    CHECK_ERROR(sys(kill, -(1 << 30)), ESRCH);
    CHECK_ERROR(sys(kill, INT32_MAX), ESRCH);
    CHECK_ERROR(sys(kill, INT32_MIN), ESRCH);
    static const int64_t invalid[] = {0, -1, INT64_MAX, INT64_MIN, INT64_C(1) << 32 | 1};
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        check_note("kill(%lld)", (long long)invalid[i]);
        CHECK_ERROR(sys(kill, invalid[i]), EINVAL);
    }
    check_note("init cannot be killed");
    CHECK_ERROR(sys(kill, 1), EPERM);
    int64_t pid = check_fork();
    if (pid == 0) sys(exit, 0);
    CHECK_EQUAL(check_wait(pid), 0);
    check_note("gone");
    CHECK_ERROR(sys(kill, pid), ESRCH);
}

static void test_kill_sleeping(void) {
    int64_t pid = check_fork();
    if (pid == 0) {
        sys(sleep, INT64_C(3600) * 1000000000);
        sys(exit, 1);
    }
    check_until_blocked(pid);
    CHECK_EQUAL(sys(kill, pid), 0);
    CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
}

static void test_kill_blocked(void) {
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    for (int what = 0; what < 3; what++) {
        check_note("%s", what == 0 ? "reading" : what == 1 ? "writing" : "waiting");
        int64_t pid = check_fork();
        if (pid == 0) {
            static char block[PATH_MAX * 64];
            int32_t status;
            if (what == 0) sys(read, slots[0], block, 1);
            if (what == 1) sys(write, slots[1], block, sizeof(block));
            if (what == 2 && sys(fork) == 0) sys(sleep, INT64_C(3600) * 1000000000);
            sys(wait, WAIT_ANY, &status, 0);
            sys(exit, 1);
        }
        check_until_blocked(pid);
        struct process_info child;
        if (what == 2) NEED(sys(process_info, pid + 1, &child));
        CHECK_EQUAL(sys(kill, pid), 0);
        CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
        if (what == 2) CHECK_EQUAL(sys(kill, child.pid), 0); // the orphan
    }
    check_note("what a killed process held is free");
    struct cap_info info;
    CHECK_UNTIL(sys(cap_stat, slots[0], &info) == 0 && info.references == 1);
}

static void test_kill_running(void) {
    int64_t pid = check_fork();
    if (pid == 0) {
        for (volatile int i = 0;; i++) {}
    }
    struct process_info info;
    CHECK_UNTIL(sys(process_info, pid, &info) == pid && info.run_time > 0);
    CHECK_EQUAL(sys(kill, pid), 0);
    CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
}

static void test_kill_self(void) {
    int64_t pid = check_fork();
    if (pid == 0) {
        int64_t self = sys(getpid);
        sys(kill, self);
        sys(exit, 1);
    }
    CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
}

static void test_kill_zombie(void) {
    int64_t pid = check_fork();
    if (pid == 0) sys(exit, 6);
    struct process_info info;
    CHECK_UNTIL(sys(process_info, pid, &info) == pid && info.state == PROCESS_ZOMBIE);
    int64_t result = sys(kill, pid);
    CHECK(result == 0 || result == -ESRCH);
    CHECK_EQUAL(check_wait(pid), 6);
}

static void test_groups(void) {
    int64_t children[3], self = sys(getpid), bystander;
    struct process_info info;
    for (int i = 0; i < 3; i++) {
        children[i] = check_fork();
        if (children[i] == 0)
            for (;;) sys(sleep, 1000000000);
        CHECK_EQUAL(sys(set_group, children[i], children[0]), 0);
        CHECK_EQUAL(sys(process_info, children[i], &info), children[i]);
        CHECK_EQUAL(info.group, children[0]);
    }
    bystander = check_fork();
    if (bystander == 0) {
        CHECK_EQUAL(sys(process_info, self, &info), self);
        CHECK_ERROR(sys(set_group, self, self), ESRCH); // neither itself nor a child
        CHECK_ERROR(sys(set_group, 1, 1), ESRCH);
        for (;;) sys(sleep, 1000000000);
    }
    CHECK_ERROR(sys(set_group, 1 << 30, self), ESRCH);
    CHECK_ERROR(sys(set_group, children[1], -1), EINVAL);
    CHECK_ERROR(sys(set_group, children[1], INT64_C(1) << 32), EINVAL);
    check_until_blocked(bystander);
    CHECK_EQUAL(sys(kill, -children[0]), 0);
    for (int i = 0; i < 3; i++) CHECK_EQUAL(check_wait(children[i]), STATUS_KILLED);
    CHECK_ERROR(sys(kill, -children[0]), ESRCH);
    CHECK_EQUAL(sys(process_info, bystander, &info), bystander);
    CHECK_EQUAL(info.state, PROCESS_ALIVE);
    CHECK_EQUAL(sys(kill, bystander), 0);
    CHECK_EQUAL(check_wait(bystander), STATUS_KILLED);
}

static const struct test_case cases[] = {
    {"kill_errors", test_kill_errors},
    {"kill_sleeping", test_kill_sleeping},
    {"kill_blocked", test_kill_blocked},
    {"kill_running", test_kill_running},
    {"kill_self", test_kill_self},
    {"kill_zombie", test_kill_zombie},
    {"groups", test_groups},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
