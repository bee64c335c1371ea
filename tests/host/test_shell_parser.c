// SPDX-License-Identifier: MIT
// The shell's parser: trees, shown as text in one canonical form, errors with
// their lines, bounds, and random input.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_input.h"
#include "../../user/bin/sh/describe.h"

static const char *described(void) {
    static char text[256];
    describe_list(tree, text, sizeof(text));
    return text;
}

// ---- Trees -------------------------------------------------------------------------------------

static void check_tree(const char *text, const char *expected) {
    begin(text, strlen(text));
    enum parse_result result = parser_next(&parser, &tree);
    if (result != PARSE_COMMAND) ck_abort_msg("%s: result %d, %s", text, result, parser.error);
    if (strcmp(described(), expected) != 0)
        ck_abort_msg("%s: %s, not %s", text, described(), expected);
}

START_TEST(words) {
    check_tree("echo a b", "echo a b");
    check_tree("  echo\ta   b  \r\n", "echo a b");
    check_tree("echo 'a  b' \"c $X d\"", "echo 'a  b' 'c '\"${X}\"' d'");
    check_tree("echo a'b'\"c\"d", "echo a'bc'd");
    check_tree("echo '' \"\" x", "echo '' '' x");
    check_tree("echo \\a\\ \\'", "echo 'a '\\'''");
    check_tree("echo 'a\nb'", "echo 'a\nb'");
    check_tree("echo a\\\nb \\\n c", "echo ab c");
    check_tree("\\\n\\\necho", "echo");
    check_tree("echo \"a\\\nb\\$c\\d\\\"\\`\"", "echo 'ab$c\\d\"`'");
    check_tree("echo a#b #c ; d", "echo a#b");
    check_tree("echo \\\n#c\n", "echo");
    check_tree("echo \xc3\xa4\xff", "echo \xc3\xa4\xff");
}
END_TEST

START_TEST(variables_in_words) {
    check_tree("$A ${B}c $1 $12 ${12}", "${A} ${B}c ${1} ${1}2 ${12}");
    check_tree("$? $$ $! $# $@ $* $0", "${?} ${$} ${!} ${#} ${@} ${*} ${0}");
    check_tree("${?}${#} \"$@\"", "${?}${#} \"${@}\"");
    check_tree("a$ $/ $.", "a$ $/ $.");
    check_tree("$_a-$B_1.c '$A'", "${_a}-${B_1}.c '$A'");
}
END_TEST

START_TEST(assignments) {
    check_tree("A=1", "A=1");
    check_tree("A= B=\"x $C\"d _3='='", "A= B='x '\"${C}\"d _3='='");
    check_tree("echo A=1", "echo A=1");
    check_tree("1A=2", "1A=2");
    check_tree("'A'=2 A\\=3", "'A'=2 A'='3");
    check_tree("A=1 >f", "A=1 >f");
    check_tree("A=1 B=$C echo D=2", "A=1 B=${C} echo D=2");
    check_tree("=x", "=x");
}
END_TEST

START_TEST(groups_and_functions) {
    check_tree("{ a; b\n}", "{ a; b; }");
    check_tree("{ a & } >f 2>&1", "{ a & } >f 2>&1");
    check_tree("{ { a; }; } | b", "{ { a; }; } | b");
    check_tree("f() { a; }", "f() { a; }");
    check_tree("f ( )\n\n(a) >x; b", "f() (a) >x; b");
    check_tree("f() if a & then b; else c & fi", "f() if a & then b; else c & fi");
    check_tree("f() while a & do b & done", "f() while a & do b & done");
    check_tree("f() for x in }; do a; done", "f() for x in }; do a; done");
    check_tree("echo { } f", "echo { } f");
    check_tree("'{' a", "'{' a");
}
END_TEST

START_TEST(redirections) {
    check_tree("a <b >c >>d 2>e 2>>f", "a <b >c >>d 2>e 2>>f");
    check_tree("a 2>&1 >&2 <&3 4<&- >&-", "a 2>&1 >&2 0>&3 4>&- >&-");
    check_tree("<in a b>out", "a b <in >out");
    check_tree("a 2 >b c2>d '3'>e", "a 2 c2 '3' >b >d >e");
    check_tree("> f", ">f");
    check_tree("a >$F 99>\"x y\"", "a >${F} 99>'x y'");
}
END_TEST

START_TEST(pipelines_and_lists) {
    check_tree("a|b | c", "a | b | c");
    check_tree("a |\n\n b", "a | b");
    check_tree("! a | b", "! a | b");
    check_tree("! ! a", "a");
    check_tree("a && b || c", "a && b || c");
    check_tree("a &&\n # why\n b ||\n c", "a && b || c");
    check_tree("a; b;c;", "a; b; c");
    check_tree("a & b&", "a & b &");
    check_tree("a && b & c | d; e", "a && b & c | d; e");
    check_tree("echo !", "echo !");
    check_tree("'!' a", "'!' a");
}
END_TEST

START_TEST(subshells) {
    check_tree("(a)", "(a)");
    check_tree("( a; b & ) >f | (c)", "(a; b &) >f | (c)");
    check_tree("(\n a\n\n b\n)\n", "(a; b)");
    check_tree("((a) && (b;(c)))", "((a) && (b; (c)))");
    check_tree("(a |\n b) && c", "(a | b) && c");
}
END_TEST

// Nothing behind the newline of a command is read before the command is delivered.
START_TEST(one_command_at_a_time) {
    static const char text[] = "a\n\n# c\nb |\nc\nd & e\n";
    begin(text, strlen(text));
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_COMMAND);
    ck_assert_str_eq(described(), "a");
    ck_assert_uint_eq(input.taken, 2);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_EMPTY);
    ck_assert(!input.source.continued);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_EMPTY);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_COMMAND);
    ck_assert_str_eq(described(), "b | c");
    ck_assert(input.source.continued);
    ck_assert_uint_eq(tree->first->pipelines->commands->line, 4);
    ck_assert_uint_eq(tree->first->pipelines->commands->next->line, 5);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_COMMAND);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_END);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_END);
}
END_TEST

// ---- Errors ------------------------------------------------------------------------------------

static void check_error_sized(const char *text, size_t size, unsigned line, const char *expected) {
    begin(text, size);
    enum parse_result result;
    do {
        result = parser_next(&parser, &tree);
    } while (result == PARSE_COMMAND || result == PARSE_EMPTY);
    if (result != PARSE_ERROR || strstr(parser.error, expected) == NULL)
        ck_abort_msg("%s: result %d, %s", text, result, parser.error);
    if (parser.error_line != line)
        ck_abort_msg("%s: line %u, not %u", text, parser.error_line, line);
}

static void check_error(const char *text, unsigned line, const char *expected) {
    check_error_sized(text, strlen(text), line, expected);
}

START_TEST(errors) {
    check_error("a\nb 'c\nd\n", 2, "the quote ' is not closed");
    check_error("\necho \"a\n\n", 2, "the quote \" is not closed");
    check_error("a |", 1, "the text ends where a command is expected");
    check_error("a |\n\n", 3, "the text ends where a command is expected");
    check_error("a && # b", 1, "the text ends where");
    check_error("a | | b", 1, "| is not expected here");
    check_error("a ;; b", 1, "; is not expected here");
    check_error("ok\n&& b", 2, "&& is not expected here");
    check_error("! \n", 1, "the end of the line is not expected");
    check_error("a )", 1, ") is not expected here");
    check_error("()", 1, ") is not expected here");
    check_error("a (b)", 1, "( is not expected here");
    check_error("(a) b", 1, "a word is not expected here");
    check_error("x\n(a;\nb\n", 2, "the parenthesis ( is not closed");
    check_error("a >", 1, "the redirection has no target");
    check_error("a > >b", 1, "the redirection has no target");
    check_error("a <<X", 1, "here documents");
    check_error("a 100>b", 1, "go up to 99");
    check_error("a 99999999999999999999>b", 1, "go up to 99");
    check_error("echo $(ls)", 1, "command substitution");
    check_error("echo `ls`", 1, "command substitution");
    check_error("echo \"`ls`\"", 1, "command substitution");
    check_error("echo ${", 1, "${ needs a name");
    check_error("echo ${}", 1, "${ needs a name");
    check_error("echo ${A-b}", 1, "${ needs a name");
    check_error("echo ${1a}", 1, "${ needs a name");
    check_error("echo ${?a}", 1, "${ needs a name");
    check_error("echo \\", 1, "nothing follows the last \\");
    check_error("f()", 1, "the function f needs a body");
    check_error("f()\n\necho", 3, "the function f needs a body");
    check_error("f() g() { a; }", 1, "the function f needs a body");
    check_error("f(a) { b; }", 1, "( is not expected here");
    check_error("a b() { c; }", 1, "( is not expected here");
    check_error("'f'() { c; }", 1, "( is not expected here");
    check_error("{ a", 1, "{ has no }");
    check_error("{", 1, "the text ends in the {");
    check_error("{ a )", 1, "} is expected here");
    check_error("( a }", 1, "( is not closed");
    check_error_sized("echo a\0b\n", 9, 1, "a zero byte");
    check_error_sized("\0", 1, 1, "a zero byte");
}
END_TEST

START_TEST(nesting_is_bounded) {
    static char text[5000];
    memset(text, '(', sizeof(text) - 1);
    check_error(text, 1, "nested parentheses, ifs and loops");
    strcpy(text + NESTING_MAX, "a");
    memset(text + NESTING_MAX + 1, ')', NESTING_MAX);
    text[2 * NESTING_MAX + 1] = '\0';
    begin(text, strlen(text));
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_COMMAND);
}
END_TEST

// A command without end is refused after a bounded number of characters, whatever it consists of.
START_TEST(length_is_bounded) {
    static const char *const starts[] = {
        "x", "echo 'x", "echo \"x", "# x", "a ", "(a;\n", "a |\n", "echo $x", "echo ${x",
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        begin(starts[i], strlen(starts[i]));
        input.endless = true;
        ck_assert_int_eq(parser_next(&parser, &tree), PARSE_ERROR);
        ck_assert_ptr_nonnull(strstr(parser.error, "long"));
    }
    // Commands that fill the arena before they are too long.
    static char many[COMMAND_LENGTH_MAX];
    for (size_t i = 0; i + 1 < sizeof(many); i++) many[i] = i % 2 ? ';' : 'a';
    begin(many, sizeof(many) - 1);
    input.endless = false;
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_ERROR);
    ck_assert_ptr_nonnull(strstr(parser.error, "long"));
}
END_TEST

START_TEST(goes_on_after_an_error) {
    begin("a | | b\nc\n", 10);
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_ERROR);
    while (input.text[input.taken - 1] != '\n') input.taken++;
    ck_assert_int_eq(parser_next(&parser, &tree), PARSE_COMMAND);
    ck_assert_str_eq(described(), "c");
}
END_TEST

// ---- Random input ------------------------------------------------------------------------------

// How a quote was quoted is not shown, nor that a $ was followed by a continued line, nor that a !
// is a plain word because a redirection stood before it: two of them look like one double negation.
static bool is_shown_exactly(const char *text) {
    if (strstr(text, "! !")) return false;
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '\'' || (*c == '$' && c[1] != '{')) return false;
    return true;
}

// Whatever comes, the parser ends; and what it shows of a tree is a command with the same tree.
START_TEST(random_text) {
    static const char *const pieces[] = {
        "a", "b1", " ", " ", "\n", "'", "\"", "\\", "$", "$A", "${", "}",  "|",    "&",  ";",
        "(", ")",  "<", ">", "2>", "#", "!",  "=",  "`", "$@", "''", "A=", "\\\n", "&&", "||"};
    char text[256], first[512], second[512];
    int commands = 0;
    for (int round = 0; round < 100000; round++) {
        text[0] = '\0';
        for (uint32_t i = test_random(16); i > 0; i--)
            strcat(text, pieces[test_random(sizeof(pieces) / sizeof(pieces[0]))]);
        begin(text, strlen(text));
        enum parse_result result = PARSE_EMPTY;
        for (int i = 0; i < 100 && result != PARSE_END && result != PARSE_ERROR; i++) {
            result = parser_next(&parser, &tree);
            if (result != PARSE_COMMAND) continue;
            commands++;
            describe_list(tree, first, sizeof(first));
            if (!is_shown_exactly(first)) continue;
            struct parser outer = parser;
            size_t taken = input.taken;
            begin(first, strlen(first));
            if (parser_next(&parser, &tree) != PARSE_COMMAND)
                ck_abort_msg("%s\nshown as %s: %s", text, first, parser.error);
            describe_list(tree, second, sizeof(second));
            if (strcmp(first, second) != 0)
                ck_abort_msg("%s\nshown as %s\nagain %s", text, first, second);
            parser = outer;
            input.text = text;
            input.size = strlen(text);
            input.taken = taken;
        }
        require(result == PARSE_END || result == PARSE_ERROR);
    }
    require(commands > 5000);
}
END_TEST

START_TEST(compound) {
    check_tree("if a; then b; fi", "if a; then b; fi");
    check_tree("if a\nthen\n\nb\nc; else d & fi >x", "if a; then b; c; else d & fi >x");
    check_tree("if a; then b; elif c; then d; else e; fi",
               "if a; then b; else if c; then d; else e; fi; fi");
    check_tree("while a | b; do c; done | d", "while a | b; do c; done | d");
    check_tree("until a; do b; done && c", "until a; do b; done && c");
    check_tree("for x in 1 \"2 3\" $y; do echo $x; done",
               "for x in 1 '2 3' ${y}; do echo ${x}; done");
    check_tree("for x\ndo a\ndone", "for x; do a; done");
    check_tree("for x in; do a; done", "for x in; do a; done");
    check_tree("echo if then fi do done", "echo if then fi do done");
    check_tree("'if' a; \\then b", "'if' a; 't'hen b");
}
END_TEST

START_TEST(compound_errors) {
    check_error("if a; then b", 1, "if has no fi");
    check_error("x\nif a\n", 2, "if has no then");
    check_error("if a; fi", 1, "then is expected here, for the if of line 1");
    check_error("if; then b; fi", 1, "; is not expected here");
    check_error("if then b; fi", 1, "a command is missing, in the if of line 1");
    check_error("while a; done", 1, "do is expected here");
    check_error("while a; do b\n", 1, "while has no done");
    check_error("for 1x in a; do b; done", 1, "for needs the name");
    check_error("for $x in a; do b; done", 1, "for needs the name");
    check_error("(a; done)", 1, "a word is not expected here");
}
END_TEST

Suite *shell_parser_suite(void) {
    Suite *suite = suite_create("shell parser");
    TCase *tests = tcase_create("parser");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, words);
    tcase_add_test(tests, variables_in_words);
    tcase_add_test(tests, assignments);
    tcase_add_test(tests, groups_and_functions);
    tcase_add_test(tests, redirections);
    tcase_add_test(tests, pipelines_and_lists);
    tcase_add_test(tests, subshells);
    tcase_add_test(tests, one_command_at_a_time);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, nesting_is_bounded);
    tcase_add_test(tests, length_is_bounded);
    tcase_add_test(tests, goes_on_after_an_error);
    tcase_add_test(tests, compound);
    tcase_add_test(tests, compound_errors);
    tcase_add_test(tests, random_text);
    suite_add_tcase(suite, tests);
    return suite;
}
