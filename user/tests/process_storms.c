// SPDX-License-Identifier: MIT
// Storms of processes: forks, execs, kills and ends, on all CPUs at once.
#include "check.h"
#include "lib/storm.h"

static void fork_exit_wait(int worker) {
    for (int i = 0; i < 60 * storm_scale; i++) {
        int64_t pid = check_fork();
        if (pid == 0) sys(exit, (worker * 31 + i) & 0x7f);
        CHECK_EQUAL(check_wait(pid), (worker * 31 + i) & 0x7f);
    }
}

static void test_forks(void) { storm(fork_exit_wait); }

static void fork_exec_wait(int worker) {
    const char *argv[] = {check_program, "--helper", "status", "5", NULL};
    struct spawn_attributes nothing = {.inherit = SPAWN_INHERIT_NOTHING};
    for (int i = 0; i < 12 * storm_scale; i++) {
        int64_t pid;
        if ((worker + i) % 2) {
            pid = NEED(sys(spawn, check_program, argv, 0, 0, &nothing));
        } else {
            pid = check_fork();
            if (pid == 0) NEED(sys(exec, check_program, argv));
        }
        CHECK_EQUAL(check_wait(pid), 55);
    }
}

static int helper_status(int argc, char **argv) { return argc == 1 && argv[0][0] == '5' ? 55 : 1; }

static void test_execs(void) { storm(fork_exec_wait); }

// A tree of processes: each has three children, five levels deep, all alive at once.
static int64_t tree(int depth) {
    int64_t children[3], sum = 1;
    int32_t status;
    if (depth == 0) return 1;
    for (int i = 0; i < 3; i++) {
        children[i] = check_fork();
        if (children[i] == 0) {
            int64_t below = tree(depth - 1);
            sys(exit, below);
        }
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(sys(wait, children[i], &status, 0), children[i]);
        sum += status;
    }
    return sum;
}

static void test_tree(void) {
    for (int i = 0; i < 2 * storm_scale; i++) CHECK_EQUAL(tree(4), 121);
}

// Parents end before their children in all orders; init inherits, and the counts come right.
static void make_orphans(int worker) {
    (void)worker;
    for (int i = 0; i < 15 * storm_scale; i++) {
        int64_t pid = check_fork();
        if (pid == 0) {
            for (int k = 0; k < 3; k++) {
                if (check_fork() == 0) {
                    for (int n = 0; n < k * 3; n++) sys(yield);
                    sys(exit, 0);
                }
            }
            sys(exit, 4);
        }
        CHECK_EQUAL(check_wait(pid), 4);
    }
}

static void test_orphans(void) { storm(make_orphans); }

// Children are killed at any moment of their lives: at birth, in calls, asleep, in exec, at the
// end.
static void victim(int kind, int32_t *ends) {
    static char block[6000];
    const char *argv[] = {check_program, "--helper", "status", "5", NULL};
    for (;;) {
        if (kind == 0) sys(exec, check_program, argv);
        if (kind == 1) sys(read, ends[0], block, 100);
        if (kind == 2) sys(write, ends[1], block, sizeof(block));
        if (kind == 3) sys(sleep, 100000);
        if (kind == 4 && sys(fork) == 0) sys(exit, 0);
        if (kind == 4) sys(wait, WAIT_ANY, 0, 0);
        if (kind == 5) sys(sbrk, 4096);
    }
}

static void kill_children(int worker) {
    int32_t ends[2];
    uint64_t random = (uint64_t)worker + 1;
    CHECK_EQUAL(sys(pipe, ends), 0);
    for (int i = 0; i < 40 * storm_scale; i++) {
        int kind = (i + worker) % 6;
        int64_t pid = check_fork();
        if (pid == 0) victim(kind, ends);
        for (uint64_t n = random_next(&random) % 8; n > 0; n--) sys(yield);
        CHECK_EQUAL(sys(kill, pid), 0);
        int64_t status = check_wait(pid);
        CHECK(status == STATUS_KILLED || (kind == 0 && status == 55));
    }
}

static void test_kills(void) { storm(kill_children); }

// Two processes kill each other at the same moment; one group kills another.
static void test_mutual_kills(void) {
    for (int i = 0; i < 40 * storm_scale; i++) {
        int32_t tell[2];
        CHECK_EQUAL(sys(pipe, tell), 0);
        int64_t first = check_fork();
        if (first == 0) {
            int64_t second = -1;
            check_read_all(tell[0], &second, sizeof(second));
            sys(kill, second);
            for (;;) sys(sleep, 1000000);
        }
        int64_t second = check_fork();
        if (second == 0) {
            sys(kill, first);
            for (;;) sys(sleep, 1000000);
        }
        check_write_all(tell[1], &second, sizeof(second));
        // At least one has been killed; the other may be left.
        int32_t status;
        int64_t ended = NEED(sys(wait, WAIT_ANY, &status, 0));
        CHECK_EQUAL(status, STATUS_KILLED);
        int64_t other = ended == first ? second : first;
        sys(kill, other);
        CHECK_EQUAL(check_wait(other), STATUS_KILLED);
        table_close(tell[0], tell[1]);
    }
}

// Others look at processes and tables while these come and go.
static void watch_or_fork(int worker) {
    struct process_info info;
    struct cap_info slot;
    if (worker % 2) {
        fork_exit_wait(worker);
        return;
    }
    for (int i = 0; i < 30 * storm_scale; i++) {
        for (int64_t pid = 0; (pid = sys(process_info, pid, &info)) >= 0; pid++) {
            int64_t result = sys(cap_inspect, pid, i % CAP_SLOTS, &slot);
            CHECK(result == 0 || result == -EBADF || result == -ESRCH);
        }
    }
}

static void test_watchers(void) { storm(watch_or_fork); }

static const struct test_helper helpers[] = {{"status", helper_status}, {NULL, NULL}};

static const struct test_case cases[] = {
    {"forks", test_forks},       {"execs", test_execs}, {"tree", test_tree},
    {"orphans", test_orphans},   {"kills", test_kills}, {"mutual_kills", test_mutual_kills},
    {"watchers", test_watchers},
};

int main(int argc, char **argv) {
    storm_take_options(&argc, &argv);
    return check_main(argc, argv, cases, helpers);
}
