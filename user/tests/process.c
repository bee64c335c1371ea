// SPDX-License-Identifier: MIT
// Tests of fork, exit, wait, yield, sleep, the clock and process_info.
#include "check.h"

#include <string.h>

static void test_exit_status(void) {
    static const int64_t given[] = {0,   1,  42,      127,       255,      256,
                                    511, -1, 1 << 20, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        check_note("exit(%lld)", (long long)given[i]);
        int64_t pid = check_fork();
        if (pid == 0) sys(exit, given[i]);
        CHECK_EQUAL(check_wait(pid), given[i] & 0xff);
    }
}

static void test_pids(void) {
    int64_t self = sys(getpid);
    CHECK(self > 1);
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK(sys(getpid) != self);
        CHECK_EQUAL(sys(getppid), self);
        sys(exit, 0);
    }
    CHECK(pid > 1 && pid != self);
    CHECK_EQUAL(check_wait(pid), 0);
}

static void test_wait_errors(void) {
    int32_t status = 77;
    CHECK_ERROR(sys(wait, WAIT_ANY, &status, 0), ECHILD);
    CHECK_ERROR(sys(wait, WAIT_ANY, &status, WAIT_NO_HANG), ECHILD);
    int64_t pid = check_fork();
    if (pid == 0) sys(exit, 3);
    int64_t self = sys(getpid);
    CHECK_ERROR(sys(wait, self, &status, 0), ECHILD);
    CHECK_ERROR(sys(wait, 1, &status, 0), ECHILD);
    CHECK_ERROR(sys(wait, pid + 100000, &status, 0), ECHILD);
    CHECK_ERROR(sys(wait, pid | INT64_C(1) << 32, &status, 0), ECHILD);
    CHECK_ERROR(sys(wait, 0, &status, 0), EINVAL);
    CHECK_ERROR(sys(wait, -2, &status, 0), EINVAL);
    for (int bit = 1; bit < 64; bit++) {
        check_note("flag bit %d", bit);
        CHECK_ERROR(sys(wait, pid, &status, UINT64_C(1) << bit), EINVAL);
    }
    CHECK_EQUAL(status, 77);
    check_note("a bad pointer does not lose the status");
    CHECK_ERROR(sys(wait, pid, 8, 0), EFAULT);
    CHECK_EQUAL(check_wait(pid), 3);
    check_note("who does not want the status passes null");
    pid = check_fork();
    if (pid == 0) sys(exit, 0);
    CHECK_EQUAL(sys(wait, pid, 0, 0), pid);
    CHECK_ERROR(sys(wait, pid, &status, 0), ECHILD);
}

static void test_wait_specific(void) {
    int64_t children[5];
    int32_t gate[2];
    CHECK_EQUAL(sys(pipe, gate), 0);
    for (int i = 0; i < 5; i++) {
        children[i] = check_fork();
        if (children[i] == 0) {
            char byte;
            sys(close, gate[1]);
            sys(read, gate[0], &byte, 1);
            sys(exit, 10 + i);
        }
    }
    int32_t status = 77;
    CHECK_EQUAL(sys(wait, children[2], &status, WAIT_NO_HANG), 0);
    CHECK_EQUAL(sys(wait, WAIT_ANY, &status, WAIT_NO_HANG), 0);
    CHECK_EQUAL(status, 77);
    CHECK_EQUAL(sys(close, gate[1]), 0);
    for (int i = 4; i >= 0; i -= 2) CHECK_EQUAL(check_wait(children[i]), 10 + i);
    int seen = 0;
    for (int i = 0; i < 2; i++) {
        int64_t pid = NEED(sys(wait, WAIT_ANY, &status, 0));
        CHECK(pid == children[1] || pid == children[3]);
        CHECK_EQUAL(status, pid == children[1] ? 11 : 13);
        seen += status;
    }
    CHECK_EQUAL(seen, 24);
    CHECK_ERROR(sys(wait, WAIT_ANY, &status, 0), ECHILD);
}

static void test_wait_blocks(void) {
    // The parent is asleep when the child ends, and is woken by it.
    int64_t middle = check_fork();
    if (middle == 0) {
        int64_t parent = sys(getpid);
        int64_t pid = check_fork();
        if (pid == 0) {
            check_until_blocked(parent);
            sys(exit, 9);
        }
        CHECK_EQUAL(check_wait(pid), 9);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(middle), 0);
}

static void test_orphans(void) {
    int32_t report[2];
    CHECK_EQUAL(sys(pipe, report), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        int64_t parent = sys(getpid);
        if (check_fork() == 0) {
            CHECK_UNTIL(sys(getppid) != parent);
            int64_t new_parent = sys(getppid);
            sys(write, report[1], &new_parent, sizeof(new_parent));
            sys(exit, 0);
        }
        if (check_fork() == 0) sys(exit, 5); // a zombie when its parent ends
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    int64_t new_parent;
    check_read_all(report[0], &new_parent, sizeof(new_parent));
    CHECK_EQUAL(new_parent, 1);
    int32_t status;
    CHECK_ERROR(sys(wait, WAIT_ANY, &status, 0), ECHILD);
}

static void test_group_is_inherited(void) {
    int64_t self = sys(getpid);
    int64_t pid = check_fork();
    if (pid == 0) {
        struct process_info info;
        int64_t child = sys(getpid);
        CHECK_EQUAL(sys(process_info, child, &info), child);
        CHECK_EQUAL(info.group, self);
        CHECK_EQUAL(info.parent, self);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
}

static void test_process_info(void) {
    int64_t self = sys(getpid), pid = 0;
    struct process_info info;
    uint32_t count = 0;
    bool seen = false;
    for (int64_t next = 0; (pid = sys(process_info, next, &info)) >= 0; next = pid + 1) {
        CHECK_EQUAL(pid, info.pid);
        CHECK(pid >= next);
        count++;
        if (pid == self) {
            seen = true;
            CHECK_EQUAL(info.state, PROCESS_ALIVE);
            CHECK_EQUAL(info.blocked, 0);
            CHECK(info.pages > 0);
            CHECK_STRING(info.name, "process");
            CHECK(info.cpu < system_now().cpus);
        }
    }
    CHECK_EQUAL(pid, -ESRCH);
    CHECK(seen);
    CHECK_EQUAL(count, system_now().processes);
    CHECK_EQUAL(sys(process_info, -5, &info), 1);
    CHECK_ERROR(sys(process_info, INT64_MAX, &info), ESRCH);
}

static void test_sleep_and_clock(void) {
    int64_t before = sys(clock);
    CHECK(before > 0);
    CHECK_EQUAL(sys(sleep, 0), 0);
    CHECK_EQUAL(sys(sleep, 1), 0);
    CHECK_ERROR(sys(sleep, -1), EINVAL);
    CHECK_ERROR(sys(sleep, INT64_MIN), EINVAL);
    CHECK_EQUAL(sys(sleep, 20 * 1000000), 0);
    CHECK(sys(clock) - before >= 20 * 1000000);
    int64_t last = sys(clock);
    for (int i = 0; i < 2000; i++) {
        int64_t now = sys(clock);
        CHECK(now >= last);
        last = now;
        if (i % 50 == 0) CHECK_EQUAL(sys(yield), 0);
    }
}

static void test_clock_across_cpus(void) {
    // A time sent through a pipe is never in the receiver's future.
    int32_t there[2], back[2];
    CHECK_EQUAL(sys(pipe, there), 0);
    CHECK_EQUAL(sys(pipe, back), 0);
    int64_t pid = check_fork();
    int64_t from = pid ? back[0] : there[0], to = pid ? there[1] : back[1];
    for (int i = 0; i < 500; i++) {
        int64_t now = sys(clock), then;
        check_write_all(to, &now, sizeof(now));
        check_read_all(from, &then, sizeof(then));
        CHECK(sys(clock) >= then);
    }
    if (pid == 0) sys(exit, 0);
    CHECK_EQUAL(check_wait(pid), 0);
}

static void test_yield_is_fair(void) {
    // Processes that only yield do not keep another from running.
    int64_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = check_fork();
        if (children[i] == 0)
            for (;;) sys(yield);
    }
    for (int i = 0; i < 50; i++) sys(yield);
    for (int i = 0; i < 4; i++) CHECK_EQUAL(sys(kill, children[i]), 0);
    for (int i = 0; i < 4; i++) CHECK_EQUAL(check_wait(children[i]), STATUS_KILLED);
}

static void test_preemption(void) {
    // More endless loops than CPUs: this process still runs, and ends them.
    int64_t children[10];
    for (int i = 0; i < 10; i++) {
        children[i] = check_fork();
        if (children[i] == 0)
            for (volatile int spin = 0;; spin++) {}
    }
    struct process_info info;
    for (int i = 0; i < 10; i++) {
        CHECK_UNTIL(sys(process_info, children[i], &info) == children[i] && info.run_time > 0);
        CHECK_EQUAL(sys(kill, children[i]), 0);
    }
    for (int i = 0; i < 10; i++) CHECK_EQUAL(check_wait(children[i]), STATUS_KILLED);
}

static const struct test_case cases[] = {
    {"exit_status", test_exit_status},
    {"pids", test_pids},
    {"wait_errors", test_wait_errors},
    {"wait_specific", test_wait_specific},
    {"wait_blocks", test_wait_blocks},
    {"orphans", test_orphans},
    {"group_is_inherited", test_group_is_inherited},
    {"process_info", test_process_info},
    {"sleep_and_clock", test_sleep_and_clock},
    {"clock_across_cpus", test_clock_across_cpus},
    {"yield_is_fair", test_yield_is_fair},
    {"preemption", test_preemption},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
