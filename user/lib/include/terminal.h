// SPDX-License-Identifier: MIT
// Programs that use the whole screen of the console: keys one by one, and output that is shown in
// one piece. Nothing here waits for an answer of the terminal, which need not come.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define KEY_CONTROL(letter) ((letter) - 'A' + 1)

// Keys that are not a byte.
enum terminal_key {
    KEY_UP = 0x100,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_DELETE,
    KEY_SIZE,   // none: the terminal has told its size, and everything is to be drawn again
    KEY_NOTHING // an unknown one
};
#define KEY_BACKSPACE 0x7f

#define TERMINAL_INPUT 64

struct terminal {
    int descriptor;
    int rows, columns; // 24 and 80 until the terminal has told
    unsigned char input[TERMINAL_INPUT];
    size_t input_next, input_count; // input[next … count) is typed and not yet taken
    char *output;                   // what terminal_show() will write
    size_t output_size, output_capacity;
};

// Takes the console that the descriptor stands for, and asks for its size. Without one, by
// descriptor -1, the structure is set up all the same. 0, or -1.
int terminal_open(struct terminal *terminal, int descriptor);
// Asks again, with the next output: KEY_SIZE will come.
void terminal_ask_size(struct terminal *terminal);
// Gives the console back, with line editing and the cursor in a new last row.
void terminal_close(struct terminal *terminal);

// While a program waits for something else than a key, the console edits lines, so that Ctrl-C
// ends the program; what is typed meanwhile becomes keys afterwards.
void terminal_pause(struct terminal *terminal);
void terminal_resume(struct terminal *terminal);

// The next key: a byte, or a terminal_key. -1 when there is no more input.
int terminal_key(struct terminal *terminal);
// Whether more has been typed: then drawing can wait.
bool terminal_has_key(const struct terminal *terminal);

// ---- Output, collected until it is shown -------------------------------------------------------

void terminal_put(struct terminal *terminal, const char *text, size_t size);
void terminal_print(struct terminal *terminal, const char *format, ...)
    __attribute__((format(__printf__, 2, 3)));
// Puts the cursor into a row, counted from 0, and makes the row empty.
void terminal_begin_row(struct terminal *terminal, int row);
// Puts a text, cut to the row, in reverse: the line of state at the bottom.
void terminal_put_status(struct terminal *terminal, const char *text);
void terminal_show(struct terminal *terminal);

// How many columns a byte of a text takes that stands in this one: a tab up to seven more, a
// control character two, and a byte that continues a UTF-8 character none.
int terminal_width(unsigned char byte, int column);
// Puts it so.
void terminal_put_byte(struct terminal *terminal, unsigned char byte, int column);

// Asks for a line of text at the bottom. False if the user has thought better of it.
bool terminal_ask(struct terminal *terminal, const char *question, char *answer, size_t size);
