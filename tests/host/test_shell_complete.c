// SPDX-License-Identifier: MIT
// Completion at the tab key: which word is meant, and how names are quoted behind it.
#include <check.h>
#include <string.h>

#include "../../user/bin/sh/complete.h"

START_TEST(words) {
    static const struct {
        const char *line, *text;
        char quote;
        bool is_command;
    } cases[] = {
        {"", "", 0, true},
        {"ec", "ec", 0, true},
        {"  ec", "ec", 0, true},
        {"echo ", "", 0, false},
        {"echo a", "a", 0, false},
        {"echo a b/c", "b/c", 0, false},
        {"a|b", "b", 0, true},
        {"a && b", "b", 0, true},
        {"a; b", "b", 0, true},
        {"a & ", "", 0, true},
        {"(a", "a", 0, true},
        {"! a", "a", 0, true},
        {"if a", "a", 0, true},
        {"'if' a", "a", 0, false},
        {"while true; do a", "a", 0, true},
        {"for x in a", "a", 0, false},
        {"X=1 a", "a", 0, true},
        {"1=1 a", "a", 0, false},
        {"<", "", 0, false},
        {"<a", "a", 0, false},
        {"<a b", "b", 0, true},
        {"echo >a", "a", 0, false},
        {"echo 2>&1 a", "a", 0, false},
        {"echo a\\ b", "a b", 0, false},
        {"echo 'a b", "a b", '\'', false},
        {"echo \"a b", "a b", '"', false},
        {"echo \"a'\\\"\\x", "a'\"\\x", '"', false},
        {"echo 'a'\"b\"c", "abc", 0, false},
        {"echo 'a;b", "a;b", '\'', false},
        {"echo '$*", "$*", '\'', false},
        {"echo \"*", "*", '"', false},
        {"echo $x a", "a", 0, false},
        {"echo a#b", "a#b", 0, false},
    };
    static struct unfinished_word word;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        complete_find_word(&word, cases[i].line, strlen(cases[i].line));
        ck_assert_msg(word.is_fixed, "%s", cases[i].line);
        ck_assert_str_eq(word.text, cases[i].text);
        ck_assert_msg(word.quote == cases[i].quote, "%s", cases[i].line);
        ck_assert_msg(word.is_command == cases[i].is_command, "%s", cases[i].line);
    }
}
END_TEST

START_TEST(words_that_are_not_completed) {
    static const char *const lines[] = {"echo $x", "echo \"$x", "echo a*",  "[a-",  "echo ?",
                                        "echo `a", "echo a\\",  "# a comm", "a # b"};
    static struct unfinished_word word;
    static char line[2 * COMPLETE_WORD_MAX];
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        complete_find_word(&word, lines[i], strlen(lines[i]));
        ck_assert_msg(!word.is_fixed, "%s", lines[i]);
    }
    memset(line, 'x', sizeof(line));
    complete_find_word(&word, line, COMPLETE_WORD_MAX - 1);
    ck_assert(word.is_fixed);
    complete_find_word(&word, line, COMPLETE_WORD_MAX);
    ck_assert(!word.is_fixed);
}
END_TEST

// What is written of a name, behind an opening quote, is read as that name.
START_TEST(quoting) {
    static const char name[] = "a b'c\"d$e\\f*g#h~i;j&k|l(m)n?o[p]!q`r<>=\xc3\xa9";
    static const char quotes[] = {0, '\'', '"'};
    static struct unfinished_word word;
    for (size_t i = 0; i < sizeof(quotes); i++) {
        char line[200] = {'x', ' ', quotes[i]};
        size_t length = quotes[i] != 0 ? 3 : 2;
        for (const char *c = name; *c != '\0'; c++)
            length += complete_quote(quotes[i], *c, line + length);
        complete_find_word(&word, line, length);
        ck_assert(word.is_fixed);
        ck_assert_str_eq(word.text, name);
        ck_assert_int_eq(word.quote, quotes[i]);
    }
}
END_TEST

Suite *shell_complete_suite(void) {
    Suite *suite = suite_create("shell completion");
    TCase *tests = tcase_create("shell completion");
    tcase_add_test(tests, words);
    tcase_add_test(tests, words_that_are_not_completed);
    tcase_add_test(tests, quoting);
    suite_add_tcase(suite, tests);
    return suite;
}
