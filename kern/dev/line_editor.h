// SPDX-License-Identifier: MIT
// Line editing as pure logic: bytes in, echo and whole lines out. No locks, no devices, so that the
// host tests reach all of it. Arrows, Home, End, Backspace, Delete, Ctrl-A/E/B/F/U/K/W/L, history
// (arrows or Ctrl-P/N), UTF-8.
#pragma once

#include "abi/types.h"

#define LINE_MAX     4096
#define HISTORY_MAX  16
#define HISTORY_LINE 256 // a longer line is not remembered
#define PROMPT_MAX   64

enum line_event { LINE_NOTHING, LINE_READY, LINE_INTERRUPT, LINE_END_OF_FILE, LINE_COMPLETE };

struct history_line {
    uint32_t length;
    char text[HISTORY_LINE];
};

struct line_editor {
    char line[LINE_MAX]; // what LINE_READY delivers, with its newline
    uint32_t length;
    uint32_t cursor;
    struct history_line history[HISTORY_MAX]; // a ring
    uint32_t history_count;                   // lines ever stored
    uint32_t history_shown;                   // how far back the arrows have gone
    char stashed[LINE_MAX];                   // the line that was being typed when they began
    uint32_t stashed_length;
    char prompt[PROMPT_MAX]; // what programs wrote since their last newline, for Ctrl-L
    uint32_t prompt_length;
    uint32_t escape;           // position in an escape sequence
    uint32_t escape_parameter; // its first number
    bool after_return;         // a newline right behind a carriage return is the same key
    bool completes;            // in this line a tab is a wish, not a character
    void (*echo)(const char *text, size_t size);
};

void line_editor_init(struct line_editor *editor, void (*echo)(const char *text, size_t size));

// One byte of input. LINE_READY: line[0 … length) is complete. LINE_END_OF_FILE: Ctrl-D; the line
// so far, without a newline, is to be delivered, and end of file if it is empty. After both the
// caller takes the line and calls line_editor_next(). LINE_INTERRUPT: Ctrl-C; the line has been
// thrown away. LINE_COMPLETE: a tab that is not for the line, where the caller has set `completes`.
enum line_event line_editor_input(struct line_editor *editor, char byte);
void line_editor_next(struct line_editor *editor);

// Shows prompt and line again, from the left margin on.
void line_editor_redraw(const struct line_editor *editor);

// Tells what a program writes to the terminal, to know the prompt when the screen is drawn anew.
void line_editor_note_output(struct line_editor *editor, const char *text, size_t size);
