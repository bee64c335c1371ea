// SPDX-License-Identifier: MIT
// Tests of the library's streams on the real kernel: files, pipes, the end of a program, threads.
#include "check.h"
#include "lib/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES     2000
#define MANY      4
#define FILE_NAME "streams.txt"

// ---- Files -------------------------------------------------------------------------------------

static void write_lines(const char *mode, int first) {
    FILE *file = fopen(FILE_NAME, mode);
    CHECK(file != NULL);
    for (int i = first; i < first + LINES; i++) CHECK(fprintf(file, "line %d\n", i) > 0);
    CHECK_EQUAL(fclose(file), 0);
}

static void expect_lines(FILE *file, int first, int end) {
    char *line = NULL, expected[32];
    size_t capacity = 0;
    for (int i = first; i < end; i++) {
        snprintf(expected, sizeof(expected), "line %d\n", i);
        CHECK_EQUAL(getline(&line, &capacity, file), strlen(expected));
        CHECK_STRING(line, expected);
    }
    CHECK_EQUAL(getline(&line, &capacity, file), -1);
    CHECK(feof(file) && !ferror(file));
    free(line);
}

static void test_files(void) {
    write_lines("w", 0);
    write_lines("a", LINES);
    FILE *file = fopen(FILE_NAME, "r+");
    CHECK(file != NULL);
    expect_lines(file, 0, 2 * LINES);
    long end = ftell(file);
    CHECK_EQUAL(fputs("line 4000\n", file), 1);
    CHECK_EQUAL(ftell(file), end + 10);
    rewind(file);
    expect_lines(file, 0, 2 * LINES + 1);
    CHECK_EQUAL(fseek(file, 5, SEEK_SET), 0);
    CHECK_EQUAL(fputc('7', file), '7');
    CHECK_EQUAL(fgetc(file), '\n');
    rewind(file);
    char line[32];
    CHECK_STRING(fgets(line, sizeof(line), file), "line 7\n");
    CHECK_EQUAL(fclose(file), 0);
    CHECK(fopen(FILE_NAME, "wx") == NULL);
    CHECK_EQUAL(unlink(FILE_NAME), 0);
    CHECK(fopen(FILE_NAME, "r") == NULL);
}

// ---- The end of a program ----------------------------------------------------------------------

// Runs it in a child whose standard output and error are a pipe. What it wrote, and its status.
static void run_in_child(void (*run)(void), char *text, size_t size, int64_t *status) {
    int32_t ends[2];
    NEED(sys(pipe, ends));
    int64_t pid = check_fork();
    if (pid == 0) {
        sys(dup2, ends[1], STDERR_FILENO);
        sys(dup2, ends[1], STDOUT_FILENO);
        sys(close, ends[1]);
        run();
        exit(0);
    }
    sys(close, ends[1]);
    size_t used = 0;
    for (int64_t count; (count = NEED(sys(read, ends[0], text + used, size - 1 - used))) > 0;)
        used += (size_t)count;
    text[used] = '\0';
    sys(close, ends[0]);
    *status = check_wait(pid);
}

static void print_and_end(void) { printf("a%c", putchar('b')); }

static void print_and_break_off(void) {
    print_and_end();
    _exit(3);
}

static void print_without_right(void) {
    int file = (int)NEED(sys(open, "/dev/null", O_RDONLY));
    dup2(file, STDOUT_FILENO);
    print_and_end();
}

static void print_to_nobody(void) {
    int32_t ends[2];
    NEED(sys(pipe, ends));
    sys(close, ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    print_and_end();
}

static void test_end_of_program(void) {
    char text[200];
    int64_t status;
    run_in_child(print_and_end, text, sizeof(text), &status);
    CHECK_STRING(text, "bab");
    CHECK_EQUAL(status, 0);
    run_in_child(print_and_break_off, text, sizeof(text), &status);
    CHECK_STRING(text, "");
    CHECK_EQUAL(status, 3);
    run_in_child(print_without_right, text, sizeof(text), &status);
    CHECK_STRING(text, "streams: standard output: capability lacks the right\n");
    CHECK_EQUAL(status, 1);
    run_in_child(print_to_nobody, text, sizeof(text), &status);
    CHECK_STRING(text, "");
    CHECK_EQUAL(status, 1);
}

// ---- Threads -----------------------------------------------------------------------------------

static FILE *shared;

static uint64_t print_lines(void *argument) {
    for (int i = 0; i < 300; i++)
        if (fprintf(shared, "%lu wrote %3d\n", (unsigned long)(uint64_t)argument, i) != 12)
            return 1;
    return 0;
}

static void test_threads_print_whole_lines(void) {
    cap_token threads[MANY];
    int next[MANY] = {0};
    char line[40], expected[40];
    CHECK((shared = fopen(FILE_NAME, "w+")) != NULL);
    for (uint64_t i = 0; i < MANY; i++) threads[i] = start(print_lines, i);
    for (int i = 0; i < MANY; i++) CHECK_EQUAL(join(threads[i]), 0);
    rewind(shared);
    while (fgets(line, sizeof(line), shared) != NULL) {
        int who = line[0] - '0';
        CHECK(who >= 0 && who < MANY);
        snprintf(expected, sizeof(expected), "%d wrote %3d\n", who, next[who]++);
        CHECK_STRING(line, expected);
    }
    for (int i = 0; i < MANY; i++) CHECK_EQUAL(next[i], 300);
    CHECK_EQUAL(fclose(shared), 0);
    unlink(FILE_NAME);
}

static uint64_t read_character(void *argument) {
    (void)argument;
    return (uint64_t)fgetc(shared);
}

// Both wait for the stream, one inside of it and one in front; neither may keep a CPU from the
// thread that will write, though its priority is lower.
static void test_waiting_readers_give_way(void) {
    int32_t ends[2];
    NEED(sys(pipe, ends));
    CHECK((shared = fdopen(ends[0], "r")) != NULL);
    cap_token threads[2];
    for (int i = 0; i < 2; i++) threads[i] = start(read_character, 0);
    NEED(sys(thread_setschedparam, 0, 1));
    for (int i = 0; i < 20; i++) sys(sleep, 1000000);
    CHECK_EQUAL(sys(write, ends[1], "xx", 2), 2);
    for (int i = 0; i < 2; i++) CHECK_EQUAL(join(threads[i]), 'x');
    CHECK_EQUAL(fclose(shared), 0);
    sys(close, ends[1]);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"files", test_files},
        {"end_of_program", test_end_of_program},
        {"threads_print_whole_lines", test_threads_print_whole_lines},
        {"waiting_readers_give_way", test_waiting_readers_give_way},
    };
    return check_main(argc, argv, cases, NULL);
}
