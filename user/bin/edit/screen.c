// SPDX-License-Identifier: MIT
// Drawing: a window on the text, which moves with the cursor.
#include <stdio.h>
#include <string.h>
#include "editor.h"

#define KEYS "^S save  ^Q quit  ^F find  ^K cut  ^U paste"

int screen_rows(const struct editor *editor) { return editor->terminal.rows - 1; }

int screen_column(const struct editor *editor) {
    const struct line *line = &editor->text.lines[editor->cursor.line];
    int column = 0;
    for (size_t i = 0; i < editor->cursor.byte; i++)
        column += terminal_width((unsigned char)line->bytes[i], column);
    return column;
}

size_t screen_byte_at(const struct editor *editor, int column) {
    struct place place = {editor->cursor.line, 0};
    const struct line *line = &editor->text.lines[place.line];
    int at = 0;
    while (place.byte < line->length) {
        at += terminal_width((unsigned char)line->bytes[place.byte], at);
        if (at > column) break;
        place.byte = text_behind(&editor->text, place);
    }
    return place.byte;
}

static void scroll(struct editor *editor) {
    size_t rows = (size_t)screen_rows(editor), line = editor->cursor.line;
    int columns = editor->terminal.columns, column = screen_column(editor);
    if (line < editor->top) editor->top = line;
    if (line >= editor->top + rows) editor->top = line - rows + 1;
    if (column < editor->left || column >= editor->left + columns)
        editor->left = column < columns ? 0 : column - columns / 2;
}

// What takes several columns is blank where the window's edge cuts it.
static void draw_line(struct editor *editor, const struct line *line) {
    struct terminal *terminal = &editor->terminal;
    int column = 0, left = editor->left, right = left + terminal->columns;
    bool is_visible = false; // the character that further bytes belong to
    for (size_t i = 0; i < line->length && column <= right; i++) {
        unsigned char byte = (unsigned char)line->bytes[i];
        int width = terminal_width(byte, column), end = column + width;
        if (width > 0) is_visible = column >= left && end <= right;
        if (is_visible) {
            terminal_put_byte(terminal, byte, column);
        } else {
            int from = column > left ? column : left, to = end < right ? end : right;
            if (to > from) terminal_print(terminal, "%*s", to - from, "");
        }
        column = end;
    }
}

static void draw_status(struct editor *editor) {
    char text[MESSAGE_MAX];
    if (editor->message[0] != '\0')
        strlcpy(text, editor->message, sizeof(text));
    else
        snprintf(text, sizeof(text), "%s%s  line %zu/%zu  column %d   " KEYS, editor->path,
                 editor->text.is_changed ? "*" : "", editor->cursor.line + 1, editor->text.count,
                 screen_column(editor) + 1);
    terminal_put_status(&editor->terminal, text);
    editor->message[0] = '\0';
}

void screen_draw(struct editor *editor) {
    scroll(editor);
    for (int row = 0; row < screen_rows(editor); row++) {
        size_t index = editor->top + (size_t)row;
        terminal_begin_row(&editor->terminal, row);
        if (index < editor->text.count)
            draw_line(editor, &editor->text.lines[index]);
        else
            terminal_put(&editor->terminal, "~", 1);
    }
    draw_status(editor);
    terminal_print(&editor->terminal, "\x1b[%zu;%dH", editor->cursor.line - editor->top + 1,
                   screen_column(editor) - editor->left + 1);
    terminal_show(&editor->terminal);
}
