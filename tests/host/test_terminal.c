// SPDX-License-Identifier: MIT
// The user library's part for programs that use the whole screen, and the editor's text.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "user_lib.h"
#include "../../user/bin/edit/text.h"
#include "../../user/lib/include/terminal.h"

static struct terminal terminal;

static void setup(void) {
    fake_reset();
    terminal = (struct terminal){.descriptor = 0, .rows = 24, .columns = 80};
}

static void type(const char *keys, size_t chunk) {
    fake.input = keys;
    fake.input_size = strlen(keys);
    fake.input_chunk = chunk;
}

// ---- Keys --------------------------------------------------------------------------------------

START_TEST(keys) {
    static const char typed[] =
        "a\xc3\r\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F\x1bOH\x1b[1~\x1b[3~\x1b[4~"
        "\x1b[5~\x1b[6~\x1b[1;5C\x1b[99~\x1b[Z\x1bq\x1b\x1b[A\x7f";
    static const int expected[] = {
        'a',      0xc3,        '\r',          KEY_UP,    KEY_DOWN,    KEY_RIGHT,
        KEY_LEFT, KEY_HOME,    KEY_END,       KEY_HOME,  KEY_HOME,    KEY_DELETE,
        KEY_END,  KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_RIGHT, KEY_NOTHING, KEY_NOTHING,
        'q',      KEY_UP,      KEY_BACKSPACE, -1};
    size_t chunk = (size_t)_i + 1; // keys come whole, or byte by byte
    setup();
    type(typed, chunk);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        ck_assert_int_eq(terminal_key(&terminal), expected[i]);
    ck_assert(!terminal_has_key(&terminal));
}
END_TEST

START_TEST(sizes) {
    setup();
    type("\x1b[50;132R\x1b[1;2R\x1b[99999999999999999999;9999999999R\x1b[R\x1b[;;;;;;R\x1b[7", 64);
    ck_assert_int_eq(terminal_key(&terminal), KEY_SIZE);
    ck_assert_int_eq(terminal.rows, 50);
    ck_assert_int_eq(terminal.columns, 132);
    ck_assert_int_eq(terminal_key(&terminal), KEY_NOTHING); // another meaning of the same letter
    ck_assert_int_eq(terminal_key(&terminal), KEY_SIZE);
    ck_assert_int_lt(terminal.rows, 10000);
    ck_assert_int_eq(terminal_key(&terminal), KEY_NOTHING);
    ck_assert_int_eq(terminal_key(&terminal), KEY_NOTHING);
    ck_assert_int_eq(terminal_key(&terminal), -1);
}
END_TEST

// ---- Output ------------------------------------------------------------------------------------

static void expect_output(const char *expected) {
    terminal_show(&terminal);
    ck_assert_uint_eq(fake.output_size, strlen(expected));
    ck_assert(memcmp(fake.output, expected, fake.output_size) == 0);
    ck_assert_int_eq(fake.writes, 1);
    fake.output_size = 0;
    fake.writes = 0;
}

START_TEST(output) {
    setup();
    terminal_begin_row(&terminal, 2);
    int column = 0;
    for (const char *c = "a\tb\x01\x7f\xc3\xa4"; *c != '\0'; c++) {
        terminal_put_byte(&terminal, (unsigned char)*c, column);
        column += terminal_width((unsigned char)*c, column);
    }
    ck_assert_int_eq(column, 14);
    expect_output("\x1b[3;1H\x1b[Ka       b^A^?\xc3\xa4");
    terminal.columns = 5;
    terminal_put_status(&terminal, "\xc3\xa4xyz12");
    expect_output("\x1b[24;1H\x1b[K\x1b[7m\xc3\xa4xyz\x1b[m");
    fake.heap_limit = fake.heap_used; // no memory: something is missing, and nothing else
    for (int i = 0; i < 100000; i++) terminal_put(&terminal, "0123456789", 10);
    terminal_show(&terminal);
    ck_assert_uint_gt(fake.output_size, 0);
}
END_TEST

START_TEST(questions) {
    char answer[6];
    setup();
    type("ab\xc3\xa4\x7f\x7f"
         "c\r",
         64);
    ck_assert(terminal_ask(&terminal, "? ", answer, sizeof(answer)));
    ck_assert_str_eq(answer, "ac");
    type("0123456789\r", 64);
    ck_assert(terminal_ask(&terminal, "? ", answer, sizeof(answer)));
    ck_assert_str_eq(answer, "01234");
    static const char *const refusals[] = {"a\x03", "\x07", "a\x7f\x7f", "abc"};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        type(refusals[i], 64);
        ck_assert(!terminal_ask(&terminal, "? ", answer, sizeof(answer)));
    }
}
END_TEST

// ---- The editor's text -------------------------------------------------------------------------

#define MODEL_MAX 4096

static char model[MODEL_MAX]; // all lines, with newlines between them
static size_t model_size;

static size_t model_place(const struct text *text, struct place place) {
    size_t at = place.byte;
    for (size_t i = 0; i < place.line; i++) at += text->lines[i].length + 1;
    return at;
}

static void check_model(const struct text *text) {
    size_t at = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (i > 0) require(model[at++] == '\n');
        require(at + text->lines[i].length <= model_size);
        for (size_t j = 0; j < text->lines[i].length; j++)
            require(model[at++] == text->lines[i].bytes[j]);
    }
    require(at == model_size);
}

static void model_insert(size_t at, char byte) {
    memmove(model + at + 1, model + at, model_size - at);
    model[at] = byte;
    model_size++;
}

static void model_delete(size_t at, size_t size) {
    memmove(model + at, model + at + size, model_size - at - size);
    model_size -= size;
}

// One change of a text, and of the model if the text has made it.
static void change(struct text *text) {
    struct place place = {test_random((uint32_t)text->count), 0};
    size_t length = text->lines[place.line].length;
    place.byte = test_random((uint32_t)length + 1);
    size_t at = model_place(text, place), rest = length - place.byte;
    char byte = (char)('a' + test_random(3));
    switch (test_random(5)) {
    case 0:
        if (text_insert(text, place, &byte, 1)) model_insert(at, byte);
        break;
    case 1:
        if (text_split(text, place)) model_insert(at, '\n');
        break;
    case 2:
        if (text_join(text, place.line) && at + rest < model_size) model_delete(at + rest, 1);
        break;
    case 3:
        text_delete(text, place, rest / 2);
        model_delete(at, rest / 2);
        break;
    default:
        if (place.line + 1 == text->count) break;
        text_delete_line(text, place.line);
        model_delete(at - place.byte, length + 1);
    }
}

START_TEST(text_changes) {
    struct text text;
    setup();
    test_random_seed((uint64_t)_i + 1);
    model_size = 0;
    require(text_init(&text));
    for (int step = 0; step < 5000 && model_size < MODEL_MAX - 1; step++) {
        if (step == 3000) fake.heap_limit = fake.heap_used;
        change(&text);
        check_model(&text);
    }
    text_free(&text);
}
END_TEST

START_TEST(text_search) {
    struct text text;
    struct place place = {0, 0};
    setup();
    require(text_init(&text));
    require(text_insert(&text, place, "abcabc", 6) && text_split(&text, (struct place){0, 3}));
    ck_assert(text_find(&text, &place, "c") && place.line == 0 && place.byte == 2);
    ck_assert(text_find(&text, &place, "c") && place.line == 1 && place.byte == 2);
    ck_assert(text_find(&text, &place, "c") && place.line == 0 && place.byte == 2);
    ck_assert(text_find(&text, &place, "a") && place.line == 1 && place.byte == 0);
    ck_assert(!text_find(&text, &place, "cab"));
    ck_assert(!text_find(&text, &place, ""));
    ck_assert(text_insert(&text, (struct place){0, 0}, "\xe2\x82\xac", 3));
    ck_assert_uint_eq(text_behind(&text, (struct place){0, 0}), 3);
    ck_assert_uint_eq(text_before(&text, (struct place){0, 3}), 0);
    text_free(&text);
}
END_TEST

Suite *terminal_suite(void) {
    Suite *suite = suite_create("terminal");
    TCase *tests = tcase_create("terminal");
    tcase_add_loop_test(tests, keys, 0, 8);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, output);
    tcase_add_test(tests, questions);
    tcase_add_loop_test(tests, text_changes, 0, 8);
    tcase_add_test(tests, text_search);
    suite_add_tcase(suite, tests);
    return suite;
}
