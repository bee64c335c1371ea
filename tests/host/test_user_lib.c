// SPDX-License-Identifier: MIT
// The user library against the host's: memory, strings, sorting, options, lines and patterns.
// Formats and the heap have files of their own. The host's own functions are the model here, not
// the kernel's.
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "kernel.h"
#include "user_lib.h"

#define ROOM 300

static void setup(void) {
    fake_reset();
    test_random_seed(1);
}

// ---- Memory and strings ------------------------------------------------------------------------

START_TEST(memory) {
    static char from[ROOM], to[ROOM], model[ROOM];
    for (int round = 0; round < 5000; round++) {
        for (int i = 0; i < ROOM; i++) {
            from[i] = (char)test_random(256);
            to[i] = model[i] = (char)test_random(256);
        }
        size_t size = test_random(200), a = test_random(90), b = test_random(90);
        memcpy(model + b, from + a, size);
        require(user_memcpy(to + b, from + a, size) == to + b);
        memmove(model + a, model + b, size);
        require(user_memmove(to + a, to + b, size) == to + a);
        size = test_random(100);
        memset(model + 200 - a, (int)b, size);
        require(user_memset(to + 200 - a, (int)b, size) == to + 200 - a);
        require(memcmp(to, model, ROOM) == 0);
        require(user_memcmp(to, model, ROOM) == 0);
        to[a] ^= 0x80;
        require((user_memcmp(to, model, ROOM) < 0) == (memcmp(to, model, ROOM) < 0));
        require(user_memchr(to, from[b], ROOM) == memchr(to, from[b], ROOM));
    }
}
END_TEST

static void random_string(char *text, size_t max) {
    size_t length = test_random((uint32_t)max);
    for (size_t i = 0; i < length; i++) text[i] = (char)"aab\xff"[test_random(4)];
    text[length] = '\0';
}

static int sign(int value) { return (value > 0) - (value < 0); }

START_TEST(strings) {
    char a[16], b[4], copy[16], model[16];
    for (int round = 0; round < 20000; round++) {
        random_string(a, 16);
        random_string(b, 4);
        size_t max = test_random(16);
        require(user_strlen(a) == strlen(a));
        require(user_strnlen(a, max) == strnlen(a, max));
        require(sign(user_strcmp(a, b)) == sign(strcmp(a, b)));
        require(sign(user_strncmp(a, b, max)) == sign(strncmp(a, b, max)));
        require(user_strchr(a, b[0]) == strchr(a, b[0]));
        require(user_strrchr(a, b[0]) == strrchr(a, b[0]));
        require(user_strstr(a, b) == strstr(a, b));
        require(user_strspn(a, b) == strspn(a, b));
        require(user_strcspn(a, b) == strcspn(a, b));
        memset(copy, 1, sizeof(copy));
        memset(model, 1, sizeof(model));
        user_strncpy(copy, a, max);
        strncpy(model, a, max);
        require(memcmp(copy, model, sizeof(copy)) == 0);
    }
}
END_TEST

START_TEST(bounded_copies) {
    char text[8] = "ab";
    ck_assert_uint_eq(user_strlcat(text, "cd", sizeof(text)), 4);
    ck_assert_str_eq(text, "abcd");
    ck_assert_uint_eq(user_strlcat(text, "efghij", sizeof(text)), 10);
    ck_assert_str_eq(text, "abcdefg");
    ck_assert_uint_eq(user_strlcpy(text, "xyz", 3), 3);
    ck_assert_str_eq(text, "xy");
    ck_assert_uint_eq(user_strlcpy(text, "12345", 0), 5);
    ck_assert_str_eq(text, "xy");
}
END_TEST

START_TEST(error_texts) {
    ck_assert_str_eq(user_strerror(ENOTCAPABLE), "capability lacks the right");
    ck_assert_str_eq(user_strerror(0), "no error");
    ck_assert_str_eq(user_strerror(999), "error 999");
    *errno_location() = ENOENT;
    user_warn("%s", "file");
    fake.output[fake.output_size] = '\0';
    ck_assert_str_eq(fake.output, "?: file: no such file or directory\n");
}
END_TEST

// ---- Sorting and options
// -------------------------------------------------------------------------

static int compare_ints(const void *a, const void *b) {
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

START_TEST(sorting) {
    int ours[100], theirs[100];
    for (int round = 0; round < 2000; round++) {
        size_t count = test_random(100);
        for (size_t i = 0; i < count; i++)
            ours[i] = theirs[i] = (int)test_random(1 + (uint32_t)round % 200) - 50;
        user_qsort(ours, count, sizeof(ours[0]), compare_ints);
        qsort(theirs, count, sizeof(theirs[0]), compare_ints);
        require(memcmp(ours, theirs, count * sizeof(ours[0])) == 0);
    }
}
END_TEST

START_TEST(options) {
    char *argv[] = {"prog", "-ab", "-cvalue", "-c", "next", "-z", "-", "-a", NULL};
    user_opterr = 0;
    ck_assert_int_eq(user_getopt(8, argv, "abc:"), 'a');
    ck_assert_int_eq(user_getopt(8, argv, "abc:"), 'b');
    ck_assert_int_eq(user_getopt(8, argv, "abc:"), 'c');
    ck_assert_str_eq(user_optarg, "value");
    ck_assert_int_eq(user_getopt(8, argv, "abc:"), 'c');
    ck_assert_str_eq(user_optarg, "next");
    ck_assert_int_eq(user_getopt(8, argv, "abc:"), '?');
    ck_assert_int_eq(user_optopt, 'z');
    ck_assert_int_eq(user_getopt(8, argv, "abc:"), -1);
    ck_assert_int_eq(user_optind, 6);
    char *missing[] = {"prog", "-c", NULL}, *ended[] = {"prog", "--", "-a", NULL};
    user_optind = 1;
    ck_assert_int_eq(user_getopt(2, missing, "c:"), '?');
    user_optind = 1;
    ck_assert_int_eq(user_getopt(3, ended, "a"), -1);
    ck_assert_int_eq(user_optind, 2);
}
END_TEST

// ---- Lines and patterns ------------------------------------------------------------------------

START_TEST(lines_of_any_length) {
    static char text[30000];
    for (int round = 0; round < 60; round++) {
        size_t size = test_random(sizeof(text));
        uint32_t rarity = 1 + test_random(round % 2 ? 20000 : 50);
        for (size_t i = 0; i < size; i++)
            text[i] = test_random(rarity) == 0 ? '\n' : (char)test_random(9); // zeros as well
        fake.input = text;
        fake.input_size = size;
        fake.input_chunk = 1 + test_random(8000);
        char *line = NULL;
        size_t capacity = 0;
        const char *expected = text, *end = text + size;
        user_clearerr(&stdio_input);
        for (ssize_t length; (length = user_getline(&line, &capacity, &stdio_input)) >= 0;) {
            require(length <= end - expected && memcmp(line, expected, (size_t)length) == 0);
            require(line[length] == '\0');
            expected += length;
            require(expected == end || expected[-1] == '\n');
            require(memchr(line, '\n', (size_t)length - 1) == NULL);
        }
        require(expected == end && user_feof(&stdio_input) && !user_ferror(&stdio_input));
        user_free(line);
    }
}
END_TEST

// The textbook's recursion, slow but obvious.
static bool model_here(const char *pattern, const char *text) {
    if (*pattern == '\0') return true;
    if (pattern[0] == '$' && pattern[1] == '\0') return *text == '\0';
    bool fits = *text != '\0' && (*pattern == '.' || *pattern == *text);
    if (pattern[1] == '*')
        return model_here(pattern + 2, text) || (fits && model_here(pattern, text + 1));
    return fits && model_here(pattern + 1, text + 1);
}

static bool model_matches(const char *pattern, const char *text) {
    if (*pattern == '^') return model_here(pattern + 1, text);
    do {
        if (model_here(pattern, text)) return true;
    } while (*text++ != '\0');
    return false;
}

START_TEST(patterns_as_the_model) {
    struct pattern compiled;
    char pattern[12], text[12];
    for (int round = 0; round < 100000; round++) {
        char *end = pattern;
        if (test_random(4) == 0) *end++ = '^';
        for (uint32_t i = test_random(4); i > 0; i--) {
            *end++ = "ab."[test_random(3)];
            if (test_random(3) == 0) *end++ = '*';
        }
        if (test_random(4) == 0) *end++ = '$';
        *end = '\0';
        for (end = text; test_random(8) != 0 && end < text + 11;) *end++ = "abc"[test_random(3)];
        *end = '\0';
        require(pattern_compile(&compiled, pattern, false));
        if (pattern_matches(&compiled, text, strlen(text)) != model_matches(pattern, text))
            ck_abort_msg("pattern %s, text %s", pattern, text);
    }
}
END_TEST

START_TEST(special_patterns) {
    struct pattern pattern;
    char text[3000];
    ck_assert(pattern_compile(&pattern, "a\\.B", true));
    ck_assert(pattern_matches(&pattern, "xA.b", 4));
    ck_assert(!pattern_matches(&pattern, "xAcb", 4));
    ck_assert(pattern_compile(&pattern, "*a$b^", false));
    ck_assert(pattern_matches(&pattern, "*a$b^", 5));
    ck_assert(pattern_compile_fixed(&pattern, "^.*$", false));
    ck_assert(pattern_matches(&pattern, "x^.*$", 5));
    ck_assert(!pattern_compile(&pattern, "a\\", false));
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert(!pattern_compile(&pattern, text, false));
    ck_assert(pattern_compile(&pattern, "a*a*a*a*a*a*a*a*a*a*b", false));
    ck_assert(!pattern_matches(&pattern, text, sizeof(text) - 1)); // at once, not in years
}
END_TEST

Suite *user_lib_suite(void) {
    Suite *suite = suite_create("user library");
    TCase *tests = tcase_create("library");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, memory);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, bounded_copies);
    tcase_add_test(tests, error_texts);
    tcase_add_test(tests, sorting);
    tcase_add_test(tests, options);
    tcase_add_test(tests, lines_of_any_length);
    tcase_add_test(tests, patterns_as_the_model);
    tcase_add_test(tests, special_patterns);
    suite_add_tcase(suite, tests);
    return suite;
}
