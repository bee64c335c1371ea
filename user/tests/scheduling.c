// SPDX-License-Identifier: MIT
// Tests of who runs where: a CPU that has nothing to do takes what waits behind better threads on
// another one, and does so each time.
#include "check.h"

#define SPIN_LIMIT  (INT64_C(60) * 1000000000) // of what must be ended long before
#define PRIORITY_OF 20                         // of those that spin; the tests have 16
#define ROUNDS      200

static int64_t start_spinning(int64_t priority) {
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(sys(thread_setschedparam, 0, priority), 0);
        sys(sleep, 2000000); // so is its CPU
        for (int64_t start = sys(clock); sys(clock) - start < SPIN_LIMIT;) continue;
        sys(exit, 1);
    }
    return pid;
}

static void stop_spinning(int64_t pid) {
    sys(kill, pid);
    CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
}

static int64_t wait_asleep(int64_t pid) { return check_wait(pid); }

// Never idle, so that somebody else must do what is to be done.
static int64_t wait_awake(int64_t pid) {
    int32_t status = 0;
    int64_t start = sys(clock), ended;
    while ((ended = sys(wait, pid, &status, WAIT_NO_HANG)) == 0)
        CHECK(sys(clock) - start < SPIN_LIMIT);
    CHECK_EQUAL(ended, pid);
    return status;
}

// A few short lives, of lower priority than what spins.
static void live_and_die(int64_t (*wait_for)(int64_t pid)) {
    for (int round = 0; round < ROUNDS; round++) {
        check_note("round %d", round);
        sys(sleep, 100000); // the caller's CPU is woken from idleness by its own timer
        int64_t pid = check_fork();
        if (pid == 0) {
            CHECK_EQUAL(sys(thread_setschedparam, 0, 5), 0);
            for (int i = 0; i < 3; i++) sys(yield);
            if (round % 4 == 0) sys(sleep, 50000);
            sys(exit, 0);
        }
        CHECK_EQUAL(wait_for(pid), 0);
    }
}

static void test_idle_cpu_takes_work(void) {
    if (system_now().cpus < 2) return; // there is none
    int64_t pid = start_spinning(PRIORITY_OF);
    live_and_die(wait_asleep);
    stop_spinning(pid);
}

static void test_idle_cpu_is_woken(void) {
    if (system_now().cpus < 3) return; // two are busy all the time
    int64_t pid = start_spinning(PRIORITY_OF);
    live_and_die(wait_awake);
    stop_spinning(pid);
}

#define CPUS_MAX 8

// Its maker, which it then keeps from running on this CPU, has been told.
static int64_t start_above(int64_t priority) {
    int32_t ends[2];
    char byte;
    CHECK_EQUAL(sys(pipe, ends), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(sys(thread_setschedparam, 0, priority), 0);
        CHECK_EQUAL(sys(write, ends[1], "x", 1), 1);
        for (int64_t start = sys(clock); sys(clock) - start < SPIN_LIMIT;) continue;
        sys(exit, 1);
    }
    CHECK_EQUAL(sys(read, ends[0], &byte, 1), 1);
    return pid;
}

static void test_better_thread_moves(void) {
    // Who waits behind a better thread on one CPU does not do so while worse ones run on the
    // others.
    int64_t low[CPUS_MAX], cpus = system_now().cpus;
    if (cpus < 2) return;
    for (int i = 0; i < cpus - 1; i++) low[i] = start_spinning(5);
    for (int round = 0; round < 5; round++) {
        check_note("round %d", round);
        stop_spinning(start_above(PRIORITY_OF));
    }
    for (int i = 0; i < cpus - 1; i++) stop_spinning(low[i]);
}

static const struct test_case cases[] = {
    {"idle_cpu_takes_work", test_idle_cpu_takes_work},
    {"idle_cpu_is_woken", test_idle_cpu_is_woken},
    {"better_thread_moves", test_better_thread_moves},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
