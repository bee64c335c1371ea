// SPDX-License-Identifier: MIT
// Streams of the user library: random operations on a file against a plain array, and what gets
// written when.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "kernel.h"
#include "user_lib.h"

#define FULL    1 // _IOFBF and so on, as the user library's header has them
#define LINES   2
#define AT_ONCE 3

#define CHUNK 9000 // more than two buffers

static void setup(void) {
    fake_reset();
    test_random_seed(1);
    fake.input_chunk = 1000;
}

// ---- A file and its model ----------------------------------------------------------------------

static struct {
    char data[FAKE_FILE];
    size_t size;
    size_t position;
    bool appends;
} model;

static char data[CHUNK + 1];

static void model_write(const char *from, size_t size) {
    if (model.appends) model.position = model.size;
    if (model.position > model.size)
        memset(model.data + model.size, 0, model.position - model.size);
    memcpy(model.data + model.position, from, size);
    model.position += size;
    if (model.size < model.position) model.size = model.position;
}

static size_t model_left(void) {
    return model.size > model.position ? model.size - model.position : 0;
}

static void do_write(user_file *file) {
    size_t size = test_random(test_random(4) == 0 ? CHUNK : 30);
    for (size_t i = 0; i < size; i++)
        data[i] = test_random(20) == 0 ? '\n' : (char)test_random(256);
    if (size == 0 || model.position + size > FAKE_FILE || model.size + size > FAKE_FILE) return;
    if (size == 1)
        require(user_fputc(data[0], file) == (unsigned char)data[0]);
    else
        require(user_fwrite(data, 1, size, file) == size);
    model_write(data, size);
}

static void do_read(user_file *file) {
    size_t size = test_random(test_random(4) == 0 ? CHUNK : 30), left = model_left();
    size_t expected = size < left ? size : left;
    require(user_fread(data, 1, size, file) == expected);
    require(memcmp(data, model.data + model.position, expected) == 0);
    model.position += expected;
    require(expected == size || user_feof(file));
}

static void do_read_character(user_file *file) {
    int c = user_fgetc(file);
    if (model_left() == 0) {
        require(c == -1 && user_feof(file));
        return;
    }
    require(c == (unsigned char)model.data[model.position++]);
    if (test_random(2) == 0) return;
    require(user_ungetc(c, file) == c && !user_feof(file));
    model.position--;
}

static void do_read_line(user_file *file) {
    char *line = test_random(2) ? user_malloc(1) : NULL;
    size_t capacity = line != NULL ? 1 : 0, left = model_left();
    const char *start = model.data + model.position;
    const char *newline = memchr(start, '\n', left);
    size_t expected = newline != NULL ? (size_t)(newline + 1 - start) : left;
    require(user_getline(&line, &capacity, file) == (expected > 0 ? (ssize_t)expected : -1));
    require(expected == 0 || (memcmp(line, start, expected) == 0 && capacity > expected));
    model.position += expected;
    user_free(line);
}

static void do_read_bounded_line(user_file *file) {
    int size = 1 + (int)test_random(40);
    size_t left = model_left() < (size_t)size - 1 ? model_left() : (size_t)size - 1;
    const char *start = model.data + model.position;
    const char *newline = memchr(start, '\n', left);
    size_t expected = newline != NULL ? (size_t)(newline + 1 - start) : left;
    char *line = user_fgets(data, size, file);
    require(line == (expected > 0 || size == 1 ? data : NULL));
    require(line == NULL || (memcmp(line, start, expected) == 0 && line[expected] == 0));
    model.position += expected;
}

static void do_seek(user_file *file) {
    long target = (long)test_random((uint32_t)model.size + 10);
    switch (test_random(3)) {
    case 0: require(user_fseek(file, target, SEEK_SET) == 0); break;
    case 1: require(user_fseek(file, target - (long)model.position, SEEK_CUR) == 0); break;
    default: require(user_fseek(file, target - (long)model.size, SEEK_END) == 0); break;
    }
    require(!user_feof(file));
    model.position = (size_t)target;
    require(user_fseek(file, -1, SEEK_SET) == -1 && *errno_location() == EINVAL);
}

static void do_synchronize(user_file *file) {
    static const int modes[] = {FULL, LINES, AT_ONCE};
    require(user_ftell(file) == (long)model.position || model.appends);
    if (test_random(3) == 0)
        require(user_setvbuf(file, NULL, modes[test_random(3)], 0) == 0);
    else
        require(user_fflush(test_random(2) ? file : NULL) == 0);
    require(fake.file_size == model.size && memcmp(fake.file, model.data, model.size) == 0);
}

static void (*const operations[])(user_file *) = {
    do_write, do_write, do_read, do_read_character,    do_read_line,
    do_seek,  do_write, do_read, do_read_bounded_line, do_synchronize,
};

START_TEST(random_operations_on_a_file) {
    static const char *const modes[] = {"w+", "r+", "a+", "r+b", "w+x", "a+e"};
    for (int round = 0; round < 300; round++) {
        const char *mode = modes[test_random(6)];
        user_file *file = user_fopen("/file", mode);
        require(file != NULL);
        model.position = 0;
        model.appends = mode[0] == 'a';
        if (mode[0] == 'w') model.size = 0;
        for (int i = 0; i < 200; i++) {
            fake.input_chunk = 1 + test_random(8000);
            fake.write_limit = 1 + test_random(8000);
            operations[test_random(sizeof(operations) / sizeof(*operations))](file);
        }
        require(user_fclose(file) == 0);
        require(fake.file_size == model.size && memcmp(fake.file, model.data, model.size) == 0);
    }
}
END_TEST

// ---- What is written when ----------------------------------------------------------------------

static void expect_output(const char *text) {
    fake.output[fake.output_size] = '\0';
    ck_assert_str_eq(fake.output, text);
}

START_TEST(lines_come_out_on_a_console) {
    fake.is_console = true;
    user_printf("a %d", 1);
    expect_output("");
    user_puts("");
    expect_output("a 1\n");
    user_printf("?");
    fake.input = "x\n";
    fake.input_size = 2;
    ck_assert_int_eq(user_getchar(), 'x'); // before it waits, the question is shown
    expect_output("a 1\n?");
    ck_assert_int_eq(fake.writes, 2);
}
END_TEST

START_TEST(files_get_whole_buffers) {
    for (int i = 0; i < 1000; i++) user_puts("line");
    ck_assert_int_eq(fake.writes, 1);
    ck_assert_int_eq(stdio_finish(3), 3);
    ck_assert_uint_eq(fake.output_size, 5000);
    ck_assert_int_eq(fake.writes, 2);
}
END_TEST

START_TEST(errors_have_no_buffer) {
    user_printf("first ");
    user_fprintf(&stdio_error, "%s %d\n", "message", 7);
    expect_output("message 7\n");
    ck_assert_int_eq(fake.writes, 1);
    user_warn("x"); // lets standard output go first
    ck_assert_int_eq(strncmp(fake.output, "message 7\nfirst ?: x", 20), 0);
}
END_TEST

START_TEST(failed_output_is_reported_at_the_end) {
    user_puts("lost");
    fake.write_limit = -ENOSPC;
    ck_assert_int_eq(user_fflush(&stdio_output), -1);
    ck_assert_int_eq(*errno_location(), ENOSPC);
    ck_assert_int_eq(user_ferror(&stdio_output), ENOSPC);
    fake.write_limit = FAKE_OUTPUT;
    user_puts("kept");
    ck_assert_int_eq(stdio_finish(5), 5); // a program that knows of its failure
    expect_output("kept\n");
    ck_assert_int_eq(stdio_finish(0), 1);
    expect_output("kept\n?: standard output: no space left\n");
    user_clearerr(&stdio_output);
    ck_assert_int_eq(stdio_finish(0), 0);
}
END_TEST

START_TEST(a_closed_pipe_is_no_reason_to_complain) {
    user_puts("unread");
    fake.write_limit = -EPIPE;
    ck_assert_int_eq(stdio_finish(0), 1);
    fake.write_limit = FAKE_OUTPUT;
    ck_assert_int_eq(stdio_finish(0), 1);
    expect_output("");
}
END_TEST

// ---- Refusals and failures ---------------------------------------------------------------------

START_TEST(modes) {
    static const char *const wrong[] = {"", "x", "rw", "+r", "r ", "wb?"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        ck_assert_ptr_null(user_fopen("/file", wrong[i]));
        ck_assert_int_eq(*errno_location(), EINVAL);
        ck_assert_ptr_null(user_fdopen(4, wrong[i]));
    }
    ck_assert_ptr_null(user_fopen("none", "r"));
    ck_assert_int_eq(*errno_location(), ENOENT);
    ck_assert_int_eq(user_setvbuf(&stdio_output, NULL, 0, 0), -1);
    user_file *file = user_fopen("/file", "we");
    ck_assert_int_eq((int)fake.file_flags, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    ck_assert_int_eq(user_fgetc(file), -1);
    ck_assert_int_eq(user_ferror(file), EBADF);
    user_fclose(file);
    file = user_fdopen(FAKE_FILE_SLOT, "r");
    ck_assert_int_eq(user_fputs("x", file), -1);
    ck_assert_int_eq(*errno_location(), EBADF);
    ck_assert_int_eq(user_fclose(file), 0);
}
END_TEST

START_TEST(a_read_that_fails) {
    char *line = NULL;
    size_t capacity = 0;
    fake.input_chunk = 0;
    ck_assert_int_eq(user_getline(&line, &capacity, &stdio_input), -1);
    ck_assert_int_eq(user_ferror(&stdio_input), EIO);
    ck_assert(!user_feof(&stdio_input));
    ck_assert_ptr_null(user_fgets(data, 10, &stdio_input));
    user_clearerr(&stdio_input);
    ck_assert_int_eq(user_ferror(&stdio_input), 0);
    ck_assert_int_eq(user_fseek(&stdio_input, 0, SEEK_SET), -1);
    ck_assert_int_eq(*errno_location(), ESPIPE);
}
END_TEST

START_TEST(closing_reports_what_could_not_be_written) {
    user_file *file = user_fopen("/file", "w");
    user_fputs("lost", file);
    fake.write_limit = -ENOSPC;
    ck_assert_int_eq(user_fclose(file), -1);
    ck_assert_int_eq(*errno_location(), ENOSPC);
}
END_TEST

START_TEST(without_memory) {
    char *line = NULL;
    size_t capacity = 0, size = FAKE_HEAP;
    user_file *file = user_fopen("/file", "w+"); // has no buffer yet
    for (; size > 0; size /= 2)
        while (user_malloc(size) != NULL) continue;
    ck_assert_ptr_null(user_fopen("/file", "r"));
    ck_assert_int_eq(*errno_location(), ENOMEM);
    ck_assert_int_eq(user_fputs("abc\n", file), 1); // a byte at a time
    user_rewind(file);
    ck_assert_str_eq(user_fgets(data, 10, file), "abc\n");
    user_rewind(file);
    ck_assert_int_eq(user_getline(&line, &capacity, file), -1);
    ck_assert_int_eq(*errno_location(), ENOMEM);
    ck_assert(!user_feof(file));
    ck_assert_int_eq(user_fclose(file), 0);
}
END_TEST

START_TEST(products_that_overflow) {
    ck_assert_uint_eq(user_fwrite("x", (size_t)1 << 60, 1 << 10, &stdio_output), 0);
    ck_assert_int_eq(*errno_location(), EINVAL);
    fake.input = "abc";
    fake.input_size = 3;
    ck_assert_uint_eq(user_fread(data, 1, SIZE_MAX, &stdio_input), 3);
    ck_assert_uint_eq(user_fread(data, (size_t)1 << 60, 1 << 10, &stdio_input), 0);
}
END_TEST

Suite *user_stdio_suite(void) {
    Suite *suite = suite_create("user stdio");
    TCase *tests = tcase_create("streams");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, random_operations_on_a_file);
    tcase_add_test(tests, lines_come_out_on_a_console);
    tcase_add_test(tests, files_get_whole_buffers);
    tcase_add_test(tests, errors_have_no_buffer);
    tcase_add_test(tests, failed_output_is_reported_at_the_end);
    tcase_add_test(tests, a_closed_pipe_is_no_reason_to_complain);
    tcase_add_test(tests, modes);
    tcase_add_test(tests, a_read_that_fails);
    tcase_add_test(tests, closing_reports_what_could_not_be_written);
    tcase_add_test(tests, without_memory);
    tcase_add_test(tests, products_that_overflow);
    suite_add_tcase(suite, tests);
    return suite;
}
