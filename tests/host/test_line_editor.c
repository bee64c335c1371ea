// SPDX-License-Identifier: MIT
// The line editor, with a small model of a terminal behind it: after every key the screen must show
// what the editor believes, with the cursor where it believes it to be.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/line_editor.h"

#define COLUMNS 8192

// Check notes every assertion in a file; the ones that run for each byte are cheaper.
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg("%s", #condition);                                          \
    } while (0)

// One endless row: a code point per column. Bytes of a character may come one by one.
static struct {
    uint32_t cells[COLUMNS];
    int cursor, end;
    int bytes_missing; // of the character that is coming in
    int bells, clears, newlines;
    char sequence[8]; // an escape sequence that is coming in
    size_t sequence_length;
} screen;

static struct line_editor editor;

static void screen_put(uint32_t code) {
    require(screen.cursor < COLUMNS);
    screen.cells[screen.cursor++] = code;
    if (screen.end < screen.cursor) screen.end = screen.cursor;
}

static void screen_sequence(char byte) {
    require(screen.sequence_length < sizeof(screen.sequence) - 1);
    screen.sequence[screen.sequence_length++] = byte;
    screen.sequence[screen.sequence_length] = 0;
    if (strcmp(screen.sequence, "\x1b[J") == 0)
        screen.end = screen.cursor;
    else if (strcmp(screen.sequence, "\x1b[H") == 0)
        screen.cursor = 0;
    else if (strcmp(screen.sequence, "\x1b[2J") == 0)
        screen.end = 0, screen.clears++;
    else
        return;
    screen.sequence_length = 0;
}

static void screen_byte(uint8_t byte) {
    if (screen.sequence_length > 0 || byte == 0x1b) {
        screen_sequence((char)byte);
    } else if (byte == '\b') {
        require(screen.cursor > 0);
        screen.cursor--;
    } else if (byte == '\r') {
        screen.cursor = 0;
    } else if (byte == '\n') {
        screen.newlines++;
        screen.cursor = screen.end = 0;
    } else if (byte == '\a') {
        screen.bells++;
    } else if (screen.bytes_missing > 0) {
        require((byte & 0xc0) == 0x80);
        screen.cells[screen.cursor - 1] = screen.cells[screen.cursor - 1] << 8 | byte;
        screen.bytes_missing--;
    } else {
        require(byte >= ' ');
        require((byte & 0xc0) != 0x80);
        screen_put(byte);
        screen.bytes_missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    }
}

static void screen_echo(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) screen_byte((uint8_t)text[i]);
}

static void setup(void) {
    memset(&screen, 0, sizeof(screen));
    line_editor_init(&editor, screen_echo);
}

// How many columns the first `size` bytes of the line take; fills `cells`.
static int line_cells(uint32_t size, uint32_t *cells) {
    int count = 0;
    for (uint32_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)editor.line[i];
        if ((byte & 0xc0) == 0x80)
            cells[count - 1] = cells[count - 1] << 8 | byte;
        else
            cells[count++] = byte == '\t' ? ' ' : byte;
    }
    return count;
}

static void check_screen(void) {
    static uint32_t cells[COLUMNS];
    int prompt = (int)editor.prompt_length;
    int columns = line_cells(editor.length, cells);
    require(screen.end == prompt + columns);
    require(memcmp(screen.cells + prompt, cells, (size_t)columns * sizeof(cells[0])) == 0);
    require(screen.cursor == prompt + line_cells(editor.cursor, cells));
}

static enum line_event type(const char *keys) {
    enum line_event event = LINE_NOTHING;
    for (; *keys; keys++) {
        require(event == LINE_NOTHING);
        event = line_editor_input(&editor, *keys);
    }
    return event;
}

// Types the keys and Enter; the line must come out as expected.
static void expect_line(const char *keys, const char *expected) {
    ck_assert_int_eq(type(keys), LINE_NOTHING);
    check_screen();
    ck_assert_int_eq(line_editor_input(&editor, '\r'), LINE_READY);
    ck_assert_uint_eq(editor.length, strlen(expected) + 1);
    ck_assert_int_eq(editor.line[editor.length - 1], '\n');
    editor.line[editor.length - 1] = 0;
    ck_assert_str_eq(editor.line, expected);
    line_editor_next(&editor);
    check_screen();
}

#define UP     "\x1b[A"
#define DOWN   "\x1b[B"
#define RIGHT  "\x1b[C"
#define LEFT   "\x1b[D"
#define HOME   "\x1b[H"
#define END    "\x1b[F"
#define DELETE "\x1b[3~"

START_TEST(test_plain_and_edited_lines) {
    static const struct {
        const char *keys, *line;
    } cases[] = {
        {"echo hello", "echo hello"},
        {"", ""},
        {"abd" LEFT "c", "abcd"},
        {"abc\x7f\x7f"
         "x",
         "ax"},
        {"abc\bd", "abd"},
        {"\x7f\x7f", ""},
        {"bc" HOME "a" END "d", "abcd"},
        {"bc\x01"
         "a\x05"
         "d",
         "abcd"},
        {"ac\x02"
         "b\x06"
         "d",
         "abcd"},
        {"abc" HOME DELETE RIGHT DELETE, "b"},
        {"abc" DELETE, "abc"},
        {LEFT LEFT "a" RIGHT RIGHT "b", "ab"},
        {"hello world" LEFT LEFT "\x15", "ld"},
        {"hello world" LEFT LEFT "\x0b", "hello wor"},
        {"one two  three  \x17", "one two  "},
        {"one two\x17\x17\x17x", "x"},
        {"a\tb", "a\tb"},
        {"a\x1b[1;5Cb\x1b[99~c\x1bOHd\x1bOFe\x1bxf", "dabcef"},
        {"ab\x1b[1~c\x1b[4~d\x1b[7~e\x1b[8~f", "ecabdf"},
        {"h\xc3\xa9" LEFT LEFT "\xe2\x82\xac" DELETE END "\xf0\x9f\x98\x80", "\xe2\x82\xac\xc3\xa9"
                                                                             "\xf0\x9f\x98\x80"},
        {"\xc3\xa9\xe2\x82\xac\x7f", "\xc3\xa9"},
        {"a\x1b[999999999999999999999~b\x1b[;;;;;;;;Zc", "abc"},
    };
    setup();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_line(cases[i].keys, cases[i].line);
}
END_TEST

START_TEST(test_history) {
    setup();
    expect_line(UP, "");
    ck_assert_int_eq(screen.bells, 1);
    expect_line("first", "first");
    expect_line("second", "second");
    expect_line("second", "second");
    expect_line("", "");
    expect_line(UP UP, "first");
    expect_line(UP UP UP UP, "first");
    ck_assert_int_eq(screen.bells, 2);
    expect_line("typed" UP UP DOWN, "first");
    expect_line("typed" UP UP DOWN DOWN "!", "typed!");
    expect_line(UP "?" UP DOWN, "typed!");
    expect_line(DOWN, "");
    ck_assert_int_eq(screen.bells, 3);
    expect_line("\x10\x10\x0e", "typed!");
}
END_TEST

START_TEST(test_history_forgets_the_oldest) {
    char text[32], ups[8 * HISTORY_MAX] = "";
    setup();
    for (int i = 0; i < 3 * HISTORY_MAX; i++) {
        snprintf(text, sizeof(text), "line %d", i);
        expect_line(text, text);
    }
    for (int i = 0; i < HISTORY_MAX; i++) strcat(ups, UP);
    snprintf(text, sizeof(text), "line %d", 2 * HISTORY_MAX);
    ck_assert_int_eq(screen.bells, 0);
    expect_line(ups, text);
    ck_assert_int_eq(screen.bells, 0);
    strcat(ups, UP);
    snprintf(text, sizeof(text), "line %d", 2 * HISTORY_MAX + 1);
    expect_line(ups, text);
    ck_assert_int_eq(screen.bells, 1);
}
END_TEST

START_TEST(test_long_lines) {
    static char text[LINE_MAX + 100];
    setup();
    memset(text, 'x', HISTORY_LINE + 1);
    expect_line(text, text);
    expect_line(UP, ""); // too long to be remembered
    memset(text, 'y', LINE_MAX + 50);
    ck_assert_int_eq(type(text), LINE_NOTHING);
    check_screen();
    ck_assert_uint_eq(editor.length, LINE_MAX - 1);
    ck_assert_int_eq(type(UP DOWN), LINE_NOTHING); // the longest line can be stashed
    check_screen();
    ck_assert_int_eq(type("\r"), LINE_READY);
    ck_assert_uint_eq(editor.length, LINE_MAX);
    ck_assert_int_eq(editor.line[LINE_MAX - 1], '\n');
}
END_TEST

START_TEST(test_events) {
    setup();
    ck_assert_int_eq(type("\x04"), LINE_END_OF_FILE);
    ck_assert_uint_eq(editor.length, 0);
    line_editor_next(&editor);
    ck_assert_int_eq(type("abc\x04"), LINE_END_OF_FILE);
    ck_assert_uint_eq(editor.length, 3);
    ck_assert(memcmp(editor.line, "abc", 3) == 0);
    setup();
    ck_assert_int_eq(type("abc" LEFT "\x03"), LINE_INTERRUPT);
    ck_assert_uint_eq(editor.length, 0);
    check_screen();
    ck_assert_int_eq(screen.newlines, 1);
    ck_assert_int_eq(type("abc\x1b[1\x03"), LINE_INTERRUPT); // in the middle of a sequence
    expect_line("abc", "abc");
}
END_TEST

START_TEST(test_line_ends) {
    setup();
    ck_assert_int_eq(type("a\n"), LINE_READY);
    line_editor_next(&editor);
    ck_assert_int_eq(type("b\r"), LINE_READY);
    line_editor_next(&editor);
    ck_assert_int_eq(type("\n"), LINE_NOTHING); // belongs to the return
    ck_assert_int_eq(type("\n"), LINE_READY);
    ck_assert_uint_eq(editor.length, 1);
}
END_TEST

START_TEST(test_redraw_knows_the_prompt) {
    static const char *const outputs[] = {"noise\nmore\n", "$", " "};
    setup();
    for (size_t i = 0; i < 3; i++) {
        screen_echo(outputs[i], strlen(outputs[i]));
        line_editor_note_output(&editor, outputs[i], strlen(outputs[i]));
    }
    ck_assert_uint_eq(editor.prompt_length, 2);
    type("hello" LEFT LEFT "\x0c");
    ck_assert_int_eq(screen.clears, 1);
    ck_assert_uint_eq(screen.cells[0], '$');
    ck_assert_uint_eq(screen.cells[1], ' ');
    check_screen();
    ck_assert_int_eq(type("\r"), LINE_READY);
    ck_assert_uint_eq(editor.prompt_length, 0);
    static char flood[10 * PROMPT_MAX];
    memset(flood, 'p', sizeof(flood));
    line_editor_note_output(&editor, flood, sizeof(flood));
    ck_assert_uint_eq(editor.prompt_length, PROMPT_MAX);
}
END_TEST

START_TEST(test_tabs_that_complete) {
    setup();
    editor.completes = true;
    ck_assert_int_eq(type("ls fi x" LEFT LEFT "\t"), LINE_COMPLETE);
    ck_assert_uint_eq(editor.cursor, 5);
    check_screen();
    ck_assert_int_eq(type("\x1b[1\t"), LINE_COMPLETE); // in the middle of a sequence
    ck_assert_int_eq(type("le"), LINE_NOTHING);
    screen_echo("\nfile-1 file-2\n$ ", 17); // what the candidates are shown with
    line_editor_note_output(&editor, "\nfile-1 file-2\n$ ", 17);
    line_editor_redraw(&editor);
    check_screen();
    line_editor_redraw(&editor); // twice is no harm
    check_screen();
    ck_assert_uint_eq(screen.cells[0], '$');
    expect_line("", "ls file x");
    expect_line("\t", "\t");
}
END_TEST

// Whole keys in random order: the screen never disagrees with the editor.
START_TEST(test_random_keys) {
    static const char *const keys[] = {
        "a",    "b",    " ",    "\t",   "z",  "q",    "\xc3\xa9", "\xe2\x82\xac", UP,
        DOWN,   LEFT,   LEFT,   RIGHT,  HOME, END,    DELETE,     "\x7f",         "\x15",
        "\x0b", "\x17", "\x0c", "\x03", "\r", "\x10", "\x0e"};
    setup();
    srand((unsigned)_i + 1);
    for (int step = 0; step < 20000; step++) {
        const char *key = keys[(size_t)rand() % (sizeof(keys) / sizeof(keys[0]))];
        if (type(key) == LINE_READY) line_editor_next(&editor);
        check_screen();
    }
}
END_TEST

// Any bytes at all: nothing is written out of bounds (the sanitizers watch), and lengths are sane.
static void ignore_echo(const char *text, size_t size) { (void)text, (void)size; }

START_TEST(test_random_bytes) {
    line_editor_init(&editor, ignore_echo);
    srand((unsigned)_i + 1);
    for (int step = 0; step < 200000; step++) {
        char byte = (char)(rand() % 4 == 0 ? rand() % 32 : rand() % 256);
        if (rand() % 8 == 0) byte = "\x1b[O~ABCDHF3;"[rand() % 12];
        enum line_event event = line_editor_input(&editor, byte);
        require(editor.length <= LINE_MAX);
        require(editor.cursor <= editor.length);
        if (event == LINE_READY || event == LINE_END_OF_FILE) line_editor_next(&editor);
    }
}
END_TEST

Suite *line_editor_suite(void) {
    Suite *suite = suite_create("line_editor");
    TCase *tests = tcase_create("line_editor");
    tcase_add_test(tests, test_plain_and_edited_lines);
    tcase_add_test(tests, test_history);
    tcase_add_test(tests, test_history_forgets_the_oldest);
    tcase_add_test(tests, test_long_lines);
    tcase_add_test(tests, test_events);
    tcase_add_test(tests, test_line_ends);
    tcase_add_test(tests, test_redraw_knows_the_prompt);
    tcase_add_test(tests, test_tabs_that_complete);
    tcase_add_loop_test(tests, test_random_keys, 0, 4);
    tcase_add_loop_test(tests, test_random_bytes, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
