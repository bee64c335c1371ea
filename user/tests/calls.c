// SPDX-License-Identifier: MIT
// Tests of the call interface as a whole: numbers that are no call, and random calls with random
// arguments, made by the letters of abi/syscalls.def, which may do anything but harm.
// A first argument --long makes ten times as many of these.
#include "check.h"
#include "lib/storm.h"

#include <string.h>
#include <syscalls.h>

// ---- Numbers
// -------------------------------------------------------------------------------------

static bool is_call(uint64_t number) {
#define SYSCALL(known, name, arguments, first, second, summary)                                    \
    if (number == (known)) return true;
#include "abi/syscalls.def"
#undef SYSCALL
    return false;
}

static void test_unknown_numbers(void) {
    static const uint64_t far[] = {SYSCALL_MAX, SYSCALL_MAX + 1, 255, 256, 1 << 16, INT32_MAX,
                                   UINT32_MAX, INT64_MAX, UINT64_MAX,
                                   // truncated, these would be getpid and read
                                   (UINT64_C(1) << 32) + SYS_getpid, (UINT64_C(1) << 63) + SYS_read,
                                   (1 << 16) + SYS_getpid};
    for (uint64_t number = 0; number < 2 * SYSCALL_MAX; number++) {
        check_note("call %llu", (unsigned long long)number);
        if (!is_call(number)) CHECK_ERROR(sys_any(1, 2, 3, 4, 5, 6, number), ENOSYS);
    }
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        check_note("call %#llx", (unsigned long long)far[i]);
        CHECK_ERROR(sys_any(0, 0, 0, 0, 0, 0, far[i]), ENOSYS);
    }
}

static void test_unused_arguments(void) {
    // What a call does not use may be anything.
    int64_t self = sys(getpid);
    CHECK_EQUAL(sys_any(UINT64_MAX, 1, 8, UINT64_C(0xffffffc080200000), 0, 77, SYS_getpid), self);
    CHECK_EQUAL(sys_any(1, UINT64_MAX, 8, 9, 10, 11, SYS_yield), 0);
    int64_t slot = NEED(sys(dup, 0));
    CHECK_EQUAL(sys_any((uint64_t)slot, UINT64_MAX, 1, 2, 3, 4, SYS_close), 0);
}

// ---- Random calls
// --------------------------------------------------------------------------------

#define PROCESSES         8
#define CALLS_PER_PROCESS 2500

static uint64_t state;
static char memory[16384];

static uint64_t pick(uint64_t count) { return random_next(&state) % count; }

// Of the two that end a process on purpose or by force nothing is learnt, fork would make ever more
// processes that call, threads anywhere soon fault, and denied calls would all be denied soon.
static bool is_left_out(int number) {
    return number == SYS_exit || number == SYS_kill || number == SYS_fork ||
           number == SYS_deny_calls || number == SYS_thread_create || number == SYS_thread_exit;
}

static uint64_t random_number(void) {
    static const uint64_t some[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    7,
                                    8,
                                    16,
                                    63,
                                    64,
                                    127,
                                    128,
                                    255,
                                    4096,
                                    65536,
                                    UINT64_C(1) << 31,
                                    UINT64_C(1) << 32,
                                    UINT64_C(1) << 47,
                                    UINT64_C(1) << 63,
                                    UINT64_MAX,
                                    UINT64_MAX - 4095};
    switch (pick(4)) {
    case 0: return random_next(&state);
    case 1: return random_next(&state) >> pick(64);
    default: return some[pick(sizeof(some) / sizeof(some[0]))] + pick(3) - 1;
    }
}

static uint64_t bad_pointer(void) {
    switch (pick(3)) {
    case 0: return random_number();
    case 1: return UINT64_C(0xffffffc080200000) + (random_next(&state) & 0xffffff);
    default: return UINT64_C(0xffffffff80200000) + (random_next(&state) & 0xffffff);
    }
}

static uint64_t random_pointer(void) {
    return pick(2) ? (uint64_t)memory + pick(sizeof(memory)) : bad_pointer();
}

// Names are made and removed in a directory of the test's own; programs are only run.
static uint64_t random_path(int number) {
    static const char *const paths[] = {"/fuzz", "/fuzz/a", "/fuzz/b", "/fuzz/a/c", "",
                                        // only to be opened
                                        "/dev/null", "/dev/zero", "/dev/random", "/dev", "/"};
    if (pick(8) == 0) return bad_pointer(); // never a name that nobody would remove
    if ((number == SYS_exec || number == SYS_spawn) && pick(2)) return (uint64_t) "/bin/true";
    return (uint64_t)paths[pick(number == SYS_open ? 10 : 5)];
}

// Short, or no duration at all: a long wait is only long.
static uint64_t random_duration(void) {
    return pick(8) ? pick(20000) : (uint64_t)INT64_MIN + pick(1 << 20);
}

static uint64_t random_argument(int number, char letter) {
    static const char *const vector[] = {"true", "argument", NULL};
    switch (letter) {
    case 'h': return pick(8) ? pick(24) : random_number();
    case 't':
        return pick(2) ? (uint64_t)sys(cap_get_token, 3 + pick(20), CAP_TYPE_FILE)
                       : random_next(&state);
    case 'n': return pick(4) ? pick(8192) : random_number();
    case 's': return random_path(number);
    case 'v': return pick(4) ? (uint64_t)vector : random_pointer();
    case 'r':
    case 'w': return random_pointer();
    case 'd': return random_duration();
    default: return pick(3) ? pick(2048) : random_number();
    }
}

struct call {
    int number;
    const char *letters;
};

#define SYSCALL(number, name, arguments, first, second, summary) {number, arguments},
static const struct call calls[] = {
#include "abi/syscalls.def"
};
#undef SYSCALL

// A call that succeeds in becoming another program, or that waits for ever for a pipe, is the last
// one of its process: most of these are not made.
static bool may_be_last(int number, const uint64_t arguments[6]) {
    if (number == SYS_exec) return true;
    struct stat stat;
    if ((number != SYS_read && number != SYS_write) || sys(fstat, arguments[0], &stat) < 0)
        return false;
    return stat.kind == FILE_KIND_PIPE &&
           (number == SYS_read ? stat.size == 0 : stat.size + arguments[2] > 4096);
}

static void make_random_calls(uint64_t seed) {
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    table_close(0, CAP_SLOTS_ORDINARY - 1); // above all the terminal
    for (int i = 0; i < CALLS_PER_PROCESS; i++) {
        const struct call *call = &calls[pick(sizeof(calls) / sizeof(calls[0]))];
        if (is_left_out(call->number)) continue;
        uint64_t a[6] = {0};
        for (int k = 0; call->letters[k]; k++)
            a[k] = random_argument(call->number, call->letters[k]);
        if (may_be_last(call->number, a) && pick(64)) continue;
        sys_any(a[0], a[1], a[2], a[3], a[4], a[5], (uint64_t)call->number);
    }
    sys(exit, 0);
}

// Waits for a process that may wait for ever: it is then killed.
static void end_caller(int64_t pid) {
    struct process_info info;
    struct patience patience = {0};
    for (int blocked = 0; sys(process_info, pid, &info) == pid && info.state == PROCESS_ALIVE;) {
        blocked = info.blocked ? blocked + 1 : 0;
        if (blocked > 20 || !patience_wait(&patience)) CHECK_EQUAL(sys(kill, pid), 0);
    }
    check_wait(pid);
}

static void random_calls(uint64_t first_seed) {
    int64_t callers[PROCESSES];
    sys(mkdir, "/fuzz");
    for (uint64_t i = 0; i < PROCESSES; i++) {
        callers[i] = check_fork();
        if (callers[i] == 0) make_random_calls(first_seed + i);
    }
    for (int i = 0; i < PROCESSES; i++) end_caller(callers[i]);
    check_remove_tree("/fuzz");
    CHECK_ERROR(sys(open, "/fuzz", O_RDONLY), ENOENT);
}

static void test_random_calls(void) {
    for (uint64_t round = 0; round < 3 * (uint64_t)storm_scale; round++)
        random_calls(1 + round * PROCESSES);
}

static const struct test_case cases[] = {
    {"unknown_numbers", test_unknown_numbers},
    {"unused_arguments", test_unused_arguments},
    {"random_calls", test_random_calls},
};

int main(int argc, char **argv) {
    storm_take_options(&argc, &argv);
    return check_main(argc, argv, cases, NULL);
}
