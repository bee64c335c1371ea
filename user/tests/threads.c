// SPDX-License-Identifier: MIT
// Tests of threads: beginning, ending, waiting for an end, and what fork and exec do to them.
#include "check.h"
#include "lib/threads.h"

#include <ipc.h>

#define MANY 4

static int64_t own_handle(void) { return sys(thread_self); }

// ---- Beginning and ending ----------------------------------------------------------------------

static void test_results(void) {
    for (uint64_t i = 0; i < 40; i++) {
        cap_token thread = start(twice, i);
        uint64_t result;
        CHECK_EQUAL((thread >> CAP_TOKEN_TYPE_SHIFT) & 63, CAP_TYPE_THREAD);
        CHECK(cap_token_slot(thread) >= CAP_SLOTS_ORDINARY);
        CHECK_EQUAL(thread_join(thread, &result), 0);
        CHECK_EQUAL(result, 2 * i);
        CHECK_ERROR(sys(thread_join, thread, NULL, TIMEOUT_FOREVER), EBADF);
    }
}

static void test_errors(void) {
    static char stack[1024];
    uint64_t entry = (uint64_t)twice, top = (uint64_t)stack + sizeof(stack);
    int64_t live = slots_live(), slot = NEED(sys(dup, 0));
    CHECK_ERROR(sys(thread_create, UINT64_C(1) << 63, top, 0), EFAULT);
    CHECK_ERROR(sys(thread_create, UINT64_C(0xffffffc080200000), top, 0), EFAULT);
    CHECK_ERROR(sys(thread_create, entry, UINT64_MAX - 15, 0), EFAULT);
    CHECK_ERROR(sys(thread_join, 0, NULL, TIMEOUT_FOREVER), EBADF);
    CHECK_ERROR(sys(thread_join, -1, NULL, TIMEOUT_FOREVER), EBADF);
    cap_token file = NEED(sys(cap_get_token, slot, CAP_TYPE_FILE));
    CHECK_ERROR(sys(thread_join, file, NULL, 0), EINVAL);
    CHECK_ERROR(sys(thread_join, own_handle(), NULL, TIMEOUT_FOREVER), EDEADLK);
    cap_token thread = start(sleep_for_ever, 0);
    for (int bit = 0; bit < 64; bit++)
        CHECK_ERROR(sys(thread_join, thread ^ (INT64_C(1) << bit), NULL, 0), EBADF);
    CHECK_ERROR(sys(thread_join, thread, NULL, -2), EINVAL);
    CHECK_ERROR(sys(thread_join, thread, NULL, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_ERROR(sys(thread_join, thread, NULL, 2000000), ETIMEDOUT);
    CHECK_ERROR(sys(thread_join, thread, 8, TIMEOUT_TRY), EFAULT);
    CHECK_EQUAL(slots_live(), live + 1);
    check_note("its handle is for nothing else");
    int64_t handle = cap_token_slot(thread);
    CHECK_ERROR(sys(close, handle), EINVAL);
    CHECK_ERROR(sys(dup, handle), EINVAL);
    CHECK_ERROR(sys(dup2, slot, handle), EINVAL);
    CHECK_ERROR(sys(read, handle, stack, 1), EINVAL);
    CHECK_ERROR(sys(cap_transfer, thread, 1, CAP_READ, stack), EACCES);
}

static void test_as_many_as_slots(void) {
    cap_token threads[CAP_SLOTS_RESERVED];
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i < CAP_SLOTS_RESERVED; i++) threads[i] = start(twice, (uint64_t)i);
        CHECK_ERROR(sys(thread_create, twice, 16, 0), EMFILE);
        CHECK(threads_now() >= 1 && threads_now() <= CAP_SLOTS_RESERVED);
        for (int i = 1; i < CAP_SLOTS_RESERVED; i++) CHECK_EQUAL(join(threads[i]), 2 * i);
    }
}

static uint64_t join_other(void *argument) {
    uint64_t result;
    int64_t error = sys(thread_join, *(cap_token *)argument, &result, TIMEOUT_FOREVER);
    return (uint64_t)error;
}

static void test_one_of_two_joins(void) {
    static cap_token target;
    target = start(twice, 4);
    cap_token a = start(join_other, (uint64_t)&target), b = start(join_other, (uint64_t)&target);
    int64_t first = (int64_t)join(a), second = (int64_t)join(b);
    CHECK(first == 0 ? second == -EBADF : first == -EBADF && second == 0);
}

static void test_detached(void) {
    for (int i = 0; i < 50; i++) {
        cap_token thread;
        while ((thread = thread_create(twice, NULL)) < 0) sys(yield);
        CHECK_EQUAL(thread_detach(thread), 0);
    }
    check_note("dropped while it runs");
    cap_token thread; // those before may not all have ended
    while ((thread = thread_create(sleep_for_ever, NULL)) < 0) sys(yield);
    CHECK_EQUAL(sys(cap_drop, thread), 0);
    CHECK_ERROR(sys(thread_join, thread, NULL, 0), EBADF);
}

static uint64_t drop_own_handle(void *argument) {
    (void)argument;
    cap_token self = own_handle();
    if (sys(cap_drop, self) != 0) return 1;
    return own_handle() == -EBADF ? 0 : 2;
}

static void test_own_handle(void) {
    CHECK(own_handle() > 0);
    cap_token thread = start(drop_own_handle, 0);
    while (sys(thread_join, thread, NULL, TIMEOUT_TRY) != -EBADF) sys(yield);
}

// ---- Ending all of them ------------------------------------------------------------------------

static uint64_t spin(void *argument) {
    while (argument == NULL) __asm__ volatile("" : : "r"(argument));
    return 0;
}

static uint64_t exit_with(void *argument) {
    sys(sleep, 1000000);
    sys(exit, argument);
    return 0;
}

static uint64_t fault(void *argument) {
    *(volatile char *)argument = 1;
    return 0;
}

static uint64_t result_soon(void *argument) {
    sys(sleep, 3000000);
    return (uint64_t)argument;
}

static int32_t pipe_ends[2];

static uint64_t read_pipe(void *argument) {
    char byte;
    sys(read, pipe_ends[0], &byte, 1);
    return (uint64_t)argument;
}

static void start_others(void) {
    start(spin, 0);
    start(sleep_for_ever, 0);
    start(read_pipe, 0);
}

// A process with threads of each kind, ended by `how`.
static int64_t process_with(uint64_t (*how)(void *), uint64_t argument) {
    int64_t pid = check_fork();
    if (pid != 0) return pid;
    start_others();
    start(how, argument);
    sleep_for_ever(NULL);
    return 0;
}

static void test_end_of_process(void) {
    CHECK_EQUAL(sys(pipe, pipe_ends), 0);
    check_note("exit by one");
    CHECK_EQUAL(check_wait(process_with(exit_with, 7)), 7);
    check_note("a fault of one");
    CHECK_EQUAL(check_wait(process_with(fault, 8)), STATUS_FAULT);
    check_note("exit by the first");
    int64_t pid = check_fork();
    if (pid == 0) {
        start_others();
        sys(exit, 9);
    }
    CHECK_EQUAL(check_wait(pid), 9);
    check_note("kill");
    pid = process_with(sleep_for_ever, 0);
    sys(sleep, 2000000);
    CHECK_EQUAL(sys(kill, pid), 0);
    CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
    check_note("the first leaves, the last ends the process");
    pid = check_fork();
    if (pid == 0) {
        start(result_soon, 5);
        start(result_soon, 6);
        sys(thread_exit, 77);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    check_note("all exit at once");
    pid = check_fork();
    if (pid == 0) {
        for (int i = 0; i < 6; i++) start(exit_with, 3);
        exit_with((void *)3);
    }
    CHECK_EQUAL(check_wait(pid), 3);
}

// ---- fork and exec -----------------------------------------------------------------------------

static uint64_t fork_here(void *argument) {
    (void)argument;
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(threads_now(), 1);
        CHECK(own_handle() > 0);
        sys(exit, 12);
    }
    return (uint64_t)check_wait(pid);
}

static void test_fork(void) {
    start_others();
    CHECK_EQUAL(join(start(fork_here, 0)), 12);
}

static uint64_t exec_here(void *argument) {
    const char *vector[] = {"program", "--helper", "after_exec", NULL};
    CHECK_ERROR(sys(exec, "/none", vector), ENOENT);
    sys(exec, argument, vector);
    return 0;
}

static uint64_t exec_soon(void *argument) {
    sys(sleep, 1000000);
    return exec_here(argument);
}

static int after_exec(int argc, char **argv) {
    (void)argc, (void)argv;
    CHECK_EQUAL(threads_now(), 1);
    int threads = 0;
    struct cap_info slot;
    for (int i = CAP_SLOTS_ORDINARY; i < CAP_SLOTS; i++) threads += sys(cap_stat, i, &slot) == 0;
    CHECK_EQUAL(threads, 1);
    CHECK(own_handle() > 0);
    return 14;
}

static void test_exec(void) {
    CHECK_EQUAL(sys(pipe, pipe_ends), 0);
    check_note("by another thread than the first");
    CHECK_EQUAL(check_wait(process_with(exec_soon, (uint64_t)check_program)), 14);
    check_note("by the first");
    int64_t pid = check_fork();
    if (pid == 0) {
        start_others();
        exec_here((void *)check_program);
    }
    CHECK_EQUAL(check_wait(pid), 14);
    check_note("by several at once");
    for (int round = 0; round < 10; round++) {
        pid = check_fork();
        if (pid == 0) {
            for (int i = 0; i < MANY; i++) start(exec_here, (uint64_t)check_program);
            exec_here((void *)check_program);
        }
        CHECK_EQUAL(check_wait(pid), 14);
    }
}

static const struct test_case cases[] = {
    {"results", test_results},
    {"errors", test_errors},
    {"as_many_as_slots", test_as_many_as_slots},
    {"one_of_two_joins", test_one_of_two_joins},
    {"detached", test_detached},
    {"own_handle", test_own_handle},
    {"end_of_process", test_end_of_process},
    {"fork", test_fork},
    {"exec", test_exec},
};

static const struct test_helper helpers[] = {{"after_exec", after_exec}, {NULL, NULL}};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
