// SPDX-License-Identifier: MIT
// Tests of exec: arguments and their limits, what stays and what goes, and running programs whose
// file is changed.
#include "check.h"

#include <stdlib.h>
#include <string.h>

static char strings[ARGUMENT_BYTES_MAX + 4096];
static const char *vector[ARGUMENTS_MAX + 8];

static void test_errors(void) {
    const char *argv[] = {"x", NULL};
    CHECK_ERROR(sys(exec, "/no-such-program", argv), ENOENT);
    CHECK_ERROR(sys(exec, "", argv), ENOENT);
    CHECK_ERROR(sys(exec, "/dev/null/x", argv), ENOTDIR);
    CHECK_ERROR(sys(exec, "/dev", argv), ENOEXEC);
    CHECK_ERROR(sys(exec, "/dev/null", argv), ENOEXEC);
    CHECK_ERROR(sys(exec, check_program, 0), EFAULT);
    check_make_file("/empty-program", "", 0);
    CHECK_ERROR(sys(exec, "/empty-program", argv), ENOEXEC);
    CHECK_EQUAL(sys(unlink, "/empty-program"), 0);
}

// ---- Arguments
// -----------------------------------------------------------------------------------

// Helper: argument i has the length and letter that it should have. argv[0] says how many.
static int helper_count(int argc, char **argv) {
    CHECK_EQUAL(argc, strtol(argv[0], NULL, 10));
    CHECK(argv[argc] == NULL);
    CHECK(((uint64_t)argv & 7) == 0);
    for (int i = 1; i < argc; i++) {
        CHECK_EQUAL(strlen(argv[i]), i % 50);
        for (int k = 0; k < i % 50; k++) CHECK_EQUAL(argv[i][k], 'a' + i % 26);
    }
    return 33;
}

// Runs the helper with `count` arguments of its own; exec's error or the status.
static int64_t run_with_count(const char *count_text, int count) {
    int used = 0;
    char *next = strings;
    vector[used++] = check_program;
    vector[used++] = "--helper";
    vector[used++] = "count";
    vector[used++] = count_text;
    for (int i = 1; i < count; i++) {
        vector[used++] = next;
        memset(next, 'a' + i % 26, (size_t)(i % 50));
        next[i % 50] = 0;
        next += i % 50 + 1;
    }
    vector[used] = NULL;
    int64_t pid = check_fork();
    if (pid == 0) {
        int64_t error = sys(exec, check_program, vector);
        sys(exit, -error);
    }
    return check_wait(pid);
}

static void test_argument_count(void) {
    CHECK_EQUAL(run_with_count("1", 1), 33);
    CHECK_EQUAL(run_with_count("2", 2), 33);
    CHECK_EQUAL(run_with_count("100", 100), 33);
    check_note("as many as there may be");
    CHECK_EQUAL(run_with_count("253", ARGUMENTS_MAX - 3), 33);
    check_note("one more");
    CHECK_EQUAL(run_with_count("254", ARGUMENTS_MAX - 2), E2BIG);
}

static int helper_size(int argc, char **argv) {
    CHECK_EQUAL(argc, 1);
    size_t size = strlen(argv[0]);
    for (size_t i = 0; i < size; i++) CHECK_EQUAL(argv[0][i], 'z');
    // The program, "--helper", "size" and their zeros are counted too.
    CHECK_EQUAL(size + 1 + strlen(check_program) + 1 + 9 + 5, ARGUMENT_BYTES_MAX);
    return 34;
}

static void test_argument_bytes(void) {
    size_t largest = ARGUMENT_BYTES_MAX - (strlen(check_program) + 1 + 9 + 5) - 1;
    memset(strings, 'z', largest);
    strings[largest] = 0;
    check_note("as long as it may be");
    CHECK_EQUAL(check_exec_helper("size", strings, NULL, NULL), 34);
    check_note("one byte more");
    strings[largest] = 'z';
    strings[largest + 1] = 0;
    const char *argv[] = {check_program, "--helper", "size", strings, NULL};
    CHECK_ERROR(sys(exec, check_program, argv), E2BIG);
    CHECK_ERROR(sys(spawn, check_program, argv, 0, 0, 0), E2BIG);
    memset(strings, 'z', sizeof(strings));
    strings[sizeof(strings) - 1] = 0;
    CHECK_ERROR(sys(exec, check_program, argv), E2BIG);
}

static void test_no_arguments(void) {
    // A program without even a name for itself: what it does is its own affair, the kernel's is to
    // start it.
    int64_t pid = check_fork();
    if (pid == 0) {
        const char *argv[] = {NULL};
        NEED(sys(exec, "/bin/echo", argv));
    }
    int64_t status = check_wait(pid);
    CHECK(status != STATUS_CHECK_FAILED);
}

// ---- What stays and what goes
// --------------------------------------------------------------------

static int helper_identity(int argc, char **argv) {
    CHECK_EQUAL(argc, 3);
    CHECK_EQUAL(sys(getpid), strtol(argv[0], NULL, 10));
    CHECK_EQUAL(sys(getppid), strtol(argv[1], NULL, 10));
    struct process_info info;
    int64_t self = sys(getpid);
    CHECK_EQUAL(sys(process_info, self, &info), self);
    CHECK_STRING(info.name, argv[2]);
    check_note("memory is new");
    for (size_t i = 0; i < sizeof(strings); i++) CHECK_EQUAL(strings[i], 0);
    return 35;
}

static char *number_text(int64_t number, char text[24]) {
    char *end = text + 23;
    *end = 0;
    do *--end = (char)('0' + number % 10);
    while (number /= 10);
    return end;
}

static void test_identity(void) {
    memset(strings, 1, sizeof(strings));
    char own[24], parent[24];
    int64_t pid = check_fork();
    if (pid == 0) {
        const char *name = strrchr(check_program, '/');
        const char *argv[] = {check_program,
                              "--helper",
                              "identity",
                              number_text(sys(getpid), own),
                              number_text(sys(getppid), parent),
                              name ? name + 1 : check_program,
                              NULL};
        NEED(sys(exec, check_program, argv));
    }
    CHECK_EQUAL(check_wait(pid), 35);
}

static int helper_again(int argc, char **argv) {
    // Counts down by exec of itself, 100 times, with more and more on its stack and heap.
    CHECK_EQUAL(argc, 1);
    int64_t count = strtol(argv[0], NULL, 10);
    volatile char area[20000];
    area[count] = 1;
    CHECK_EQUAL(area[count], 1);
    int64_t heap = NEED(sys(sbrk, count * 1000));
    if (count > 0) *(volatile char *)(heap + count * 1000 - 1) = 1;
    if (count == 0) return 36;
    char text[24];
    const char *next[] = {check_program, "--helper", "again", number_text(count - 1, text), NULL};
    NEED(sys(exec, check_program, next));
    return 1;
}

static void test_many_execs(void) {
    CHECK_EQUAL(check_exec_helper("again", "100", NULL, NULL), 36);
}

// ---- A program's file changes while it runs
// ------------------------------------------------------

#define COPY_NAME "exec-copy"
#define COPY      "/" COPY_NAME

static void program_copy(void) {
    static char block[4096];
    int64_t from = NEED(sys(open, check_program, O_RDONLY)), count;
    int64_t to = NEED(sys(open, COPY, O_WRONLY | O_CREAT | O_TRUNC));
    while ((count = NEED(sys(read, from, block, sizeof(block)))) > 0)
        check_write_all(to, block, (size_t)count);
    table_close(from, from);
    table_close(to, to);
}

static int helper_wait_for_end(int argc, char **argv) {
    // Everything that runs after the file is overwritten is still the old program.
    (void)argc, (void)argv;
    char byte;
    CHECK_EQUAL(sys(read, 0, &byte, 1), 0);
    pattern_fill(strings, sizeof(strings), 6);
    CHECK(pattern_is(strings, sizeof(strings), 6));
    return helper_count(2, (char *[]){"2", "b", NULL}) == 33 ? 37 : 1;
}

static void overwritten_while_running(bool remove) {
    int32_t ends[2];
    struct stat stat;
    program_copy();
    CHECK_EQUAL(sys(pipe, ends), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        const char *argv[] = {COPY, "--helper", "wait_for_end", NULL};
        CHECK_EQUAL(sys(dup2, ends[0], 0), 0);
        table_close(3, CAP_SLOTS_ORDINARY - 1);
        NEED(sys(exec, COPY, argv));
    }
    CHECK_EQUAL(sys(close, ends[0]), 0);
    struct process_info info;
    CHECK_UNTIL(sys(process_info, pid, &info) == pid && strcmp(info.name, COPY_NAME) == 0);
    check_until_blocked(pid);
    int64_t slot = NEED(sys(open, COPY, O_RDWR));
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    memset(strings, 0, sizeof(strings));
    for (uint64_t done = 0; done < stat.size; done += 4096)
        CHECK_EQUAL(sys(write, slot, strings, 4096), 4096);
    int64_t truncated = NEED(sys(open, COPY, O_WRONLY | O_TRUNC));
    table_close(truncated, truncated);
    table_close(slot, slot);
    if (remove) CHECK_EQUAL(sys(unlink, COPY), 0);
    CHECK_EQUAL(sys(close, ends[1]), 0);
    CHECK_EQUAL(check_wait(pid), 37);
    if (!remove) CHECK_EQUAL(sys(unlink, COPY), 0);
}

static void test_overwritten(void) { overwritten_while_running(false); }

static void test_removed(void) { overwritten_while_running(true); }

static void test_data_is_private(void) {
    // A program writes to its data pages; the file and the next run do not see that.
    program_copy();
    for (int i = 0; i < 3; i++) {
        int64_t pid = check_fork();
        if (pid == 0) {
            const char *argv[] = {COPY, "--helper", "write_data", NULL};
            NEED(sys(exec, COPY, argv));
        }
        CHECK_EQUAL(check_wait(pid), 38);
    }
    CHECK_EQUAL(sys(unlink, COPY), 0);
}

static char initialized[3 * 4096] = {1, 2, 3};

static int helper_write_data(int argc, char **argv) {
    (void)argc, (void)argv;
    CHECK_EQUAL(initialized[0] + initialized[1] + initialized[2], 6);
    for (size_t i = 3; i < sizeof(initialized); i++) CHECK_EQUAL(initialized[i], 0);
    memset(initialized, 9, sizeof(initialized));
    return 38;
}

static const struct test_helper helpers[] = {
    {"count", helper_count},
    {"size", helper_size},
    {"identity", helper_identity},
    {"again", helper_again},
    {"wait_for_end", helper_wait_for_end},
    {"write_data", helper_write_data},
    {NULL, NULL},
};

static const struct test_case cases[] = {
    {"errors", test_errors},
    {"argument_count", test_argument_count},
    {"argument_bytes", test_argument_bytes},
    {"no_arguments", test_no_arguments},
    {"identity", test_identity},
    {"many_execs", test_many_execs},
    {"overwritten", test_overwritten},
    {"removed", test_removed},
    {"data_is_private", test_data_is_private},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
