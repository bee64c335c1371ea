// SPDX-License-Identifier: MIT
// A storm of threads: processes with several threads each make, lock, wait for, copy, close, give,
// revoke and fork at random, all on the same few slots of their table, until one thread ends or
// replaces the program, or the parent kills it, wherever the others are. Nothing may be left
// behind, no kernel error be met, and the ledger must agree (the harness looks). A first argument
// --long makes it ten times as long.
#include "check.h"
#include "lib/storm.h"

#include <ipc.h>
#include <thread.h>

#define PROCESSES  3
#define THREADS    5
#define ROUNDS     15
#define CALLS      300 // of a process's first thread
#define SLOT_FIRST 3   // below are those for reports
#define SLOTS      14

static int64_t processes[PROCESSES];
static cap_token delegates[8]; // of this process; written by all of its threads
static char memory[64];

static uint64_t pick(uint64_t *random, uint64_t count) { return random_next(random) % count; }

static int64_t some_slot(uint64_t *random) {
    uint64_t slot = pick(random, SLOTS + 4);
    return (int64_t)(slot < SLOTS ? SLOT_FIRST + slot : CAP_SLOTS_ORDINARY - 1 - (slot - SLOTS));
}

// Mostly short; for ever now and then: somebody ends that.
static int64_t some_time(uint64_t *random) {
    if (pick(random, 40) == 0) return TIMEOUT_FOREVER;
    return (int64_t)pick(random, 3) * (int64_t)pick(random, 100000);
}

static void make_object(uint64_t *random) {
    int32_t ends[2];
    switch (pick(random, 8)) {
    case 0: sys(semaphore_create, pick(random, 2), 3); break;
    case 1: sys(barrier_create, 1 + pick(random, 3)); break;
    case 2: sys(condition_create); break;
    case 3: sys(queue_create, 2, 16); break;
    case 4: sys(timer_create); break;
    case 5: sys(rwlock_create); break;
    case 6: sys(pipe, ends); break;
    default: sys(mutex_create); break;
    }
}

static void use_lock(uint64_t *random, int64_t slot) {
    switch (pick(random, 6)) {
    case 0: sys(rwlock_read, slot, some_time(random)); break;
    case 1: sys(rwlock_write, slot, some_time(random)); break;
    case 2: sys(rwlock_unlock, slot); break;
    case 3: sys(mutex_unlock, slot); break;
    case 4: sys(condition_wait, slot, some_slot(random), some_time(random)); break;
    default: sys(mutex_lock, slot, some_time(random)); break;
    }
}

static void use_other(uint64_t *random, int64_t slot) {
    switch (pick(random, 9)) {
    case 0: sys(semaphore_wait, slot, some_time(random)); break;
    case 1: sys(semaphore_post, slot); break;
    case 2: sys(barrier_wait, slot, some_time(random)); break;
    case 3: sys(condition_wake, slot, pick(random, 3)); break;
    case 4:
        sys(queue_send, slot, memory, pick(random, 20), pick(random, 4), some_time(random));
        break;
    case 5: sys(queue_receive, slot, memory, 16, 0, some_time(random)); break;
    case 6: sys(timer_settime, slot, pick(random, 50000), pick(random, 50000), 0); break;
    case 7: sys(timer_wait, slot, some_time(random)); break;
    default:
        // A pipe that is full or empty keeps a thread for ever, so that is rare.
        if (pick(random, 8) == 0)
            (void)(pick(random, 2) ? sys(write, slot, memory, 1) : sys(read, slot, memory, 1));
    }
}

static void change_table(uint64_t *random, int64_t slot) {
    struct cap_info info;
    int32_t where;
    cap_token *delegate = &delegates[pick(random, 8)];
    switch (pick(random, 6)) {
    case 0: sys(dup, slot); break;
    case 1: sys(dup2, slot, some_slot(random)); break;
    case 2:
    case 3: sys(close, slot); break;
    case 4:
        if (sys(cap_stat, slot, &info) < 0) break;
        cap_token token = sys(cap_get_token, slot, info.type);
        *delegate = sys(cap_transfer, token, processes[pick(random, PROCESSES)],
                        info.rights & (CAP_READ | CAP_WRITE), &where);
        break;
    default: sys(cap_revoke_delegate, *delegate); break;
    }
}

static void fork_and_end(uint64_t *random) {
    int64_t pid = sys(fork);
    if (pid == 0) {
        use_lock(random, some_slot(random));
        sys(exit, 0);
    }
    sys(wait, WAIT_ANY, 0, pick(random, 2) ? WAIT_NO_HANG : 0);
}

static void act(uint64_t *random) {
    int64_t slot = some_slot(random);
    switch (pick(random, 16)) {
    case 0: sys(thread_setschedparam, 0, 1 + pick(random, 16)); break;
    case 1:
        if (pick(random, 4) == 0) fork_and_end(random);
        break;
    case 2:
    case 3: make_object(random); break;
    case 4:
    case 5:
    case 6: change_table(random, slot); break;
    case 7:
    case 8:
    case 9: use_other(random, slot); break;
    default: use_lock(random, slot); break;
    }
}

static uint64_t act_for_ever(void *argument) {
    uint64_t random = (uint64_t)argument;
    while (pick(&random, 500) != 0) act(&random);
    return 0;
}

static void start_threads(uint64_t *random) {
    for (int i = 0; i < THREADS; i++) {
        cap_token thread = thread_create(act_for_ever, (void *)(random_next(random) | 1));
        if (thread > 0 && pick(random, 2)) thread_detach(thread);
    }
}

static void run_process(uint64_t seed, int64_t from) {
    uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    CHECK_EQUAL(sys(cap_accept, CAP_ACCEPT_ANYBODY), 0);
    check_read_all(from, (char *)processes, sizeof(processes));
    table_close(SLOT_FIRST, CAP_SLOTS_ORDINARY - 1);
    start_threads(&random);
    for (int i = 0; i < CALLS; i++) act(&random);
    const char *argv[] = {"true", NULL};
    if (pick(&random, 2)) sys(exec, "/bin/true", argv);
    sys(exit, 0);
}

static void storm_once(uint64_t seed) {
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    for (uint64_t i = 0; i < PROCESSES; i++) {
        processes[i] = check_fork();
        if (processes[i] == 0) run_process(seed * PROCESSES + i, ends[0]);
    }
    for (int i = 0; i < PROCESSES; i++)
        check_write_all(ends[1], (const char *)processes, sizeof(processes));
    // A first thread may wait for ever as well, so nobody is waited for in vain.
    sys(sleep, 20000000);
    for (int i = 0; i < PROCESSES; i++) {
        sys(kill, processes[i]);
        check_wait(processes[i]);
    }
    CHECK_EQUAL(sys(close, ends[0]), 0);
    CHECK_EQUAL(sys(close, ends[1]), 0);
}

static void test_threads_storm(void) {
    for (int round = 0; round < ROUNDS * storm_scale; round++) {
        check_note("round %d", round);
        storm_once((uint64_t)round + 1);
    }
}

static const struct test_case cases[] = {{"threads_storm", test_threads_storm}};

int main(int argc, char **argv) {
    storm_take_options(&argc, &argv);
    return check_main(argc, argv, cases, NULL);
}
