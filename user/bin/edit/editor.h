// SPDX-License-Identifier: MIT
// The editor's state, and what its files offer each other.
#pragma once

#include <terminal.h>
#include "text.h"

#define MESSAGE_MAX 160
#define WANTED_MAX  64

struct editor {
    struct terminal terminal;
    struct text text;
    const char *path;
    bool ends_open; // the file had no newline at its end, and is to have none
    struct place cursor;
    int goal;                  // the column that the cursor keeps to when it goes up and down
    size_t top;                // the first line on the screen
    int left;                  // and its first column
    struct text cut;           // whole lines, and an empty one behind them
    bool is_cutting;           // the last key has cut a line: the next one is added
    char wanted[WANTED_MAX];   // what was looked for last
    char message[MESSAGE_MAX]; // for the last row, once
    bool is_done;
};

// ---- screen.c ----------------------------------------------------------------------------------

// Rows that show text: all but the last.
int screen_rows(const struct editor *editor);
// The column that the cursor is in, and the byte of the cursor's line that is nearest to a column.
int screen_column(const struct editor *editor);
size_t screen_byte_at(const struct editor *editor, int column);
// Shows the part of the text in which the cursor is.
void screen_draw(struct editor *editor);

// ---- keys.c ------------------------------------------------------------------------------------

// Does what a key is for.
void editor_key(struct editor *editor, int key);
