// SPDX-License-Identifier: MIT
// Processes below a test case: starting, waiting, watching. No shared state.
#include "../check.h"
#include "internal.h"

int64_t check_fork(void) {
    int64_t pid = NEED(sys(fork));
    if (pid == 0) check_become_helper();
    return pid;
}

int64_t check_wait(int64_t pid) {
    int32_t status = -1;
    CHECK_EQUAL(sys(wait, pid, &status, 0), pid);
    return status;
}

int64_t check_in_child(void (*run)(void)) {
    int64_t pid = check_fork();
    if (pid == 0) {
        run();
        sys(exit, 0);
    }
    return check_wait(pid);
}

int64_t check_exec_helper(const char *helper, const char *first, const char *second,
                          const char *third) {
    int64_t pid = check_fork();
    if (pid == 0) {
        const char *argv[] = {check_program, "--helper", helper, first, second, third, NULL};
        NEED(sys(exec, check_program, argv));
    }
    return check_wait(pid);
}

static bool is_blocked(int64_t pid) {
    struct process_info info;
    CHECK_EQUAL(sys(process_info, pid, &info), pid);
    CHECK_EQUAL(info.state, PROCESS_ALIVE);
    return info.blocked != 0;
}

void check_until_blocked(int64_t pid) { CHECK_UNTIL(is_blocked(pid)); }
