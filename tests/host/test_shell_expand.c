// SPDX-License-Identifier: MIT
// The shell's word expansion and its variables.
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "shell_input.h"
#include "../../user/bin/sh/expand.h"

static struct variables variables;

static void set_variables(void) {
    static char *const parameters[] = {"one", "two words", ""};
    memset(&variables, 0, sizeof(variables));
    variables.zero = "script";
    variables.status = 42;
    variables.process = 7;
    require(variables_set(&variables, "X", "x y"));
    require(variables_set(&variables, "E", ""));
    require(variables_set(&variables, "S", "  a  b\n"));
    require(variables_set_positional(&variables, parameters, 3));
}

// The fields of the command's words, each in <>.
static void check_fields(const char *text, const char *expected) {
    char found[256] = "";
    int count = 0;
    begin(text, strlen(text));
    require(parser_next(&parser, &tree) == PARSE_COMMAND);
    const struct word *first = tree->first->pipelines->commands->words;
    char **fields = expand_words(&arena, &variables, first, &count);
    require(fields != NULL && fields[count] == NULL);
    for (int i = 0; i < count; i++) sprintf(found + strlen(found), "<%s>", fields[i]);
    if (strcmp(found, expected) != 0) ck_abort_msg("%s: %s, not %s", text, found, expected);
}

START_TEST(expansion) {
    set_variables();
    check_fields("a 'b c'd", "<a><b cd>");
    check_fields("$X \"$X\" a${X}b", "<x><y><x y><ax><yb>");
    check_fields("$S $E $U \"$E\" \"$U\" a$E", "<a><b><><><a>");
    check_fields("c${S}d", "<c><a><b><d>");
    check_fields("$? $$ $# $0 $1 $4. \"$!\"", "<42><7><3><script><one><.><>");
    check_fields("$2", "<two><words>");
    check_fields("\"$@\"", "<one><two words><>");
    check_fields("a\"$@\"b", "<aone><two words><b>");
    check_fields("$@ | $*", "<one><two><words>");
    check_fields("\"$*\"", "<one two words >");
}
END_TEST

START_TEST(changing_variables) {
    set_variables();
    require(variables_set(&variables, "X", "new"));
    variables_unset(&variables, "E");
    variables_unset(&variables, "E");
    check_fields("$X \"$E\" \"$S\"", "<new><><  a  b\n>");
    const char *names = "";
    for (const struct variable *v = variables.first; v != NULL; v = v->next) {
        require(strcmp(names, v->name) < 0);
        names = v->name;
    }
    require(variables_set_positional(&variables, variables.positional + 1, 2));
    check_fields("$# \"$1\"", "<2><two words>");
    require(variables_set_positional(&variables, NULL, 0));
    check_fields("$# $@ \"$@\" \"$*\"", "<0><>");
}
END_TEST

START_TEST(single_words) {
    set_variables();
    begin("V=$X\"$S\"$@", 10);
    require(parser_next(&parser, &tree) == PARSE_COMMAND);
    const struct assignment *assignment = tree->first->pipelines->commands->assignments;
    const char *value = expand_word(&arena, &variables, assignment->value);
    ck_assert_str_eq(value, "x y  a  b\none two words ");
}
END_TEST

START_TEST(expansion_is_bounded) {
    static char large[2000];
    memset(large, 'x', sizeof(large) - 1);
    memset(&variables, 0, sizeof(variables));
    require(variables_set(&variables, "X", large));
    static char text[4001];
    for (int i = 0; i < 2000; i++) memcpy(text + 2 * i, "$X", 2);
    begin(text, 4000);
    int count;
    require(parser_next(&parser, &tree) == PARSE_COMMAND);
    const struct word *first = tree->first->pipelines->commands->words;
    ck_assert_ptr_null(expand_words(&arena, &variables, first, &count));
    ck_assert_ptr_null(expand_word(&arena, &variables, first));
}
END_TEST

Suite *shell_expand_suite(void) {
    Suite *suite = suite_create("shell expansion");
    TCase *tests = tcase_create("expansion");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, expansion);
    tcase_add_test(tests, changing_variables);
    tcase_add_test(tests, single_words);
    tcase_add_test(tests, expansion_is_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}
