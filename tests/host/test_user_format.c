// SPDX-License-Identifier: MIT
// The user library's formatted output and its numbers, against the host's.
// The host's own functions are the model here, not the kernel's.
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

static void setup(void) {
    fake_reset();
    test_random_seed(1);
}

// ---- Formats -----------------------------------------------------------------------------------

// Makes the same text with both libraries, at full length and cut.
#define BOTH(format, ...)                                                                          \
    do {                                                                                           \
        char ours[200], theirs[200];                                                               \
        int room = (int)test_random(120);                                                          \
        int length = snprintf(theirs, (size_t)room, format, __VA_ARGS__);                          \
        ours[room] = 0x55;                                                                         \
        int made = user_snprintf(ours, (size_t)room, format, __VA_ARGS__);                         \
        if (made != length || ours[room] != 0x55 || (room > 0 && strcmp(ours, theirs) != 0))       \
            ck_abort_msg("%s, room %d: %d \"%s\", not %d \"%s\"", format, room, made, ours,        \
                         length, theirs);                                                          \
    } while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

// A conversion with random flags, width and precision.
static void random_format(char *format, const char *size, char kind) {
    char *end = format;
    *end++ = '%';
    for (const char *flag = "-0+ #"; *flag != '\0'; flag++) {
        bool allowed =
            *flag == '-' || (kind != 's' && kind != 'c' &&
                             (*flag == '0' || (*flag == '#' && kind != 'd' && kind != 'u') ||
                              (kind == 'd' && *flag != '#')));
        if (allowed && test_random(3) == 0) *end++ = *flag;
    }
    if (test_random(2)) end += sprintf(end, "%u", test_random(30));
    if (kind != 'c' && test_random(2)) end += sprintf(end, ".%u", test_random(30));
    sprintf(end, "%s%c|", size, kind);
}

START_TEST(formats_as_the_host) {
    static const int64_t values[] = {0,     1,         -1,        7,         255,      -128,
                                     65535, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    static const char kinds[] = "duxXo";
    char format[64];
    for (int round = 0; round < 50000; round++) {
        int64_t value = (int64_t)((uint64_t)values[test_random(11)] + test_random(3));
        char kind = kinds[test_random(5)];
        random_format(format, "l", kind);
        BOTH(format, value);
        random_format(format, test_random(2) ? "hh" : test_random(2) ? "h" : "", kind);
        BOTH(format, (int)value);
        random_format(format, "", 's');
        BOTH(format, "some text");
        random_format(format, "", 'c');
        BOTH(format, 'x');
    }
    BOTH("%s %% %*d %-*d %.*s %p", "a", 5, 1, -6, 2, 3, "abcdef", (void *)format);
}
END_TEST
#pragma GCC diagnostic pop

START_TEST(strange_formats) {
    char text[64];
    user_snprintf(text, sizeof(text), "%q %s %", (char *)NULL);
    ck_assert_str_eq(text, "%q (null) ");
    user_snprintf(text, sizeof(text), "%5%|%zu|%jd", (size_t)7, (int64_t)-8);
    ck_assert_str_eq(text, "%|7|-8");
}
END_TEST

START_TEST(one_write_a_line) {
    char long_text[1500];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    ck_assert_int_eq(user_dprintf(1, "%d %s\n", 42, "is it"), 9);
    ck_assert_int_eq(fake.writes, 1);
    ck_assert_int_eq(user_dprintf(1, "next\n"), 5);
    ck_assert_int_eq(fake.writes, 2);
    ck_assert_mem_eq(fake.output, "42 is it\nnext\n", 14);
    ck_assert_int_eq(user_dprintf(2, "%s", long_text), 1499);
    ck_assert_uint_eq(fake.output_size, 14 + 1499);
    fake.write_limit = 10; // short writes are continued
    ck_assert_int_eq(user_dprintf(1, "%s", "more than ten characters"), 24);
    ck_assert_uint_eq(fake.output_size, 14 + 1499 + 24);
    fake.write_limit = -EPIPE;
    ck_assert_int_eq(user_dprintf(1, "%s", long_text), -1);
    ck_assert_int_eq(*errno_location(), EPIPE);
}
END_TEST

// ---- Numbers ------------------------------------------------------------------------------------

START_TEST(numbers_as_the_host) {
    static const char *const texts[] = {"",
                                        "0",
                                        "-0",
                                        "+7",
                                        "  12abc",
                                        "0x1F",
                                        "0x",
                                        "0xg",
                                        "-0x10",
                                        "077",
                                        "08",
                                        "zz",
                                        "- 1",
                                        "--1",
                                        "\t\n 5 ",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "-9223372036854775809",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "99999999999999999999999",
                                        "-1",
                                        "0b11",
                                        "7f",
                                        "x"};
    static const int bases[] = {0, 2, 8, 10, 16, 36};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t j = 0; j < sizeof(bases) / sizeof(bases[0]); j++) {
            char *ours, *theirs;
            ck_assert_int_eq(user_strtol(texts[i], &ours, bases[j]),
                             strtol(texts[i], &theirs, bases[j]));
            ck_assert_ptr_eq(ours, theirs);
            ck_assert_uint_eq(user_strtoul(texts[i], &ours, bases[j]),
                              strtoul(texts[i], &theirs, bases[j]));
            ck_assert_ptr_eq(ours, theirs);
        }
    }
    *errno_location() = 0;
    user_strtol("9223372036854775808", NULL, 10);
    ck_assert_int_eq(*errno_location(), ERANGE);
    ck_assert_int_eq(user_strtol("1", NULL, 1), 0);
    ck_assert_int_eq(*errno_location(), EINVAL);
}
END_TEST

Suite *user_format_suite(void) {
    Suite *suite = suite_create("user formats");
    TCase *tests = tcase_create("formats");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, formats_as_the_host);
    tcase_add_test(tests, strange_formats);
    tcase_add_test(tests, one_write_a_line);
    tcase_add_test(tests, numbers_as_the_host);
    suite_add_tcase(suite, tests);
    return suite;
}
