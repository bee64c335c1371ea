// SPDX-License-Identifier: MIT
// What the keys do.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "editor.h"
#include "file.h"

static void say(struct editor *editor, const char *message) {
    strlcpy(editor->message, message, MESSAGE_MAX);
}

static void say_no_memory(struct editor *editor) { say(editor, "there is no memory for this"); }

static size_t line_length(const struct editor *editor) {
    return editor->text.lines[editor->cursor.line].length;
}

static size_t last_line(const struct editor *editor) { return editor->text.count - 1; }

// ---- Moving ------------------------------------------------------------------------------------

static void move_to_line(struct editor *editor, size_t line) {
    editor->cursor.line = line;
    editor->cursor.byte = screen_byte_at(editor, editor->goal);
}

static void move_up(struct editor *editor, size_t lines) {
    move_to_line(editor, editor->cursor.line > lines ? editor->cursor.line - lines : 0);
}

static void move_down(struct editor *editor, size_t lines) {
    size_t line = editor->cursor.line + lines, last = last_line(editor);
    move_to_line(editor, line < last ? line : last);
}

static void move_left(struct editor *editor) {
    struct place *cursor = &editor->cursor;
    if (cursor->byte > 0)
        cursor->byte = text_before(&editor->text, *cursor);
    else if (cursor->line > 0)
        cursor->line--, cursor->byte = line_length(editor);
}

static void move_right(struct editor *editor) {
    struct place *cursor = &editor->cursor;
    if (cursor->byte < line_length(editor))
        cursor->byte = text_behind(&editor->text, *cursor);
    else if (cursor->line < last_line(editor))
        cursor->line++, cursor->byte = 0;
}

// ---- Changing ----------------------------------------------------------------------------------

static void insert_byte(struct editor *editor, char byte) {
    if (text_insert(&editor->text, editor->cursor, &byte, 1))
        editor->cursor.byte++;
    else
        say_no_memory(editor);
}

static void insert_newline(struct editor *editor) {
    if (text_split(&editor->text, editor->cursor))
        editor->cursor = (struct place){editor->cursor.line + 1, 0};
    else
        say_no_memory(editor);
}

static void delete_character(struct editor *editor) {
    struct place cursor = editor->cursor;
    if (cursor.byte < line_length(editor))
        text_delete(&editor->text, cursor, text_behind(&editor->text, cursor) - cursor.byte);
    else if (!text_join(&editor->text, cursor.line))
        say_no_memory(editor);
}

static void delete_before(struct editor *editor) {
    if (editor->cursor.line == 0 && editor->cursor.byte == 0) return;
    move_left(editor);
    delete_character(editor);
}

static void cut_line(struct editor *editor) {
    struct text *cut = &editor->cut;
    const struct line *line = &editor->text.lines[editor->cursor.line];
    if (!editor->is_cutting) {
        text_free(cut);
        if (!text_init(cut)) return say_no_memory(editor);
    }
    struct place end = {cut->count - 1, 0};
    bool copied = line->length == 0 || text_insert(cut, end, line->bytes, line->length);
    end.byte = line->length;
    if (!copied || !text_split(cut, end)) return say_no_memory(editor);
    editor->cursor.byte = 0;
    if (editor->cursor.line < last_line(editor))
        text_delete_line(&editor->text, editor->cursor.line);
    else
        text_delete(&editor->text, editor->cursor, line->length);
}

static void paste(struct editor *editor) {
    for (size_t i = 0; i + 1 < editor->cut.count; i++) {
        const struct line *line = &editor->cut.lines[i];
        struct place start = {editor->cursor.line, 0};
        if (!text_split(&editor->text, start)) return say_no_memory(editor);
        if (line->length > 0 && !text_insert(&editor->text, start, line->bytes, line->length))
            say_no_memory(editor);
        editor->cursor = (struct place){start.line + 1, 0};
    }
}

// ---- Commands ----------------------------------------------------------------------------------

static void find(struct editor *editor) {
    char wanted[WANTED_MAX];
    if (!terminal_ask(&editor->terminal, "find: ", wanted, sizeof(wanted))) return;
    if (wanted[0] != '\0') strlcpy(editor->wanted, wanted, WANTED_MAX);
    if (!text_find(&editor->text, &editor->cursor, editor->wanted)) say(editor, "not found");
}

// A text ends in a newline, unless it is that of a file which had none.
static bool complete_last_line(struct editor *editor) {
    size_t last = last_line(editor), length = editor->text.lines[last].length;
    return length == 0 || editor->ends_open ||
           text_split(&editor->text, (struct place){last, length});
}

static bool save(struct editor *editor) {
    size_t size;
    if (!complete_last_line(editor)) {
        say_no_memory(editor);
        return false;
    }
    if (!file_save(&editor->text, editor->path, &size)) {
        snprintf(editor->message, MESSAGE_MAX, "NOT SAVED: %s", strerror(errno));
        return false;
    }
    bool ends_open = editor->text.lines[last_line(editor)].length > 0;
    snprintf(editor->message, MESSAGE_MAX, "saved %zu bytes%s", size,
             ends_open ? ", without a newline at the end, as before" : "");
    editor->text.is_changed = false;
    return true;
}

static void quit(struct editor *editor) {
    char answer[8];
    editor->is_done = !editor->text.is_changed;
    if (editor->is_done ||
        !terminal_ask(&editor->terminal, "save the changes? y or n: ", answer, sizeof(answer)))
        return;
    if (strcmp(answer, "n") == 0)
        editor->is_done = true;
    else if (strcmp(answer, "y") == 0)
        editor->is_done = save(editor);
}

// ---- Keys --------------------------------------------------------------------------------------

// Goes up or down, where the column is kept. False: that is not what the key does.
static bool key_moves_vertically(struct editor *editor, int key) {
    size_t page = (size_t)screen_rows(editor);
    switch (key) {
    case KEY_UP: move_up(editor, 1); return true;
    case KEY_DOWN: move_down(editor, 1); return true;
    case KEY_PAGE_UP: move_up(editor, page); return true;
    case KEY_PAGE_DOWN: move_down(editor, page); return true;
    default: return false;
    }
}

static void key_edits(struct editor *editor, int key) {
    switch (key) {
    case KEY_LEFT: return move_left(editor);
    case KEY_RIGHT: return move_right(editor);
    case KEY_CONTROL('A'):
    case KEY_HOME: editor->cursor.byte = 0; return;
    case KEY_CONTROL('E'):
    case KEY_END: editor->cursor.byte = line_length(editor); return;
    case KEY_CONTROL('H'):
    case KEY_BACKSPACE: return delete_before(editor);
    case KEY_CONTROL('D'):
    case KEY_DELETE: return delete_character(editor);
    case '\r':
    case '\n': return insert_newline(editor);
    case KEY_CONTROL('K'): return cut_line(editor);
    case KEY_CONTROL('U'): return paste(editor);
    case KEY_CONTROL('F'): return find(editor);
    case KEY_CONTROL('S'): save(editor); return;
    case KEY_CONTROL('Q'): return quit(editor);
    case KEY_CONTROL('C'): return say(editor, "^Q leaves the editor");
    case KEY_CONTROL('L'): return terminal_ask_size(&editor->terminal);
    }
    if (key == '\t' || (key >= ' ' && key <= 0xff)) insert_byte(editor, (char)key);
}

void editor_key(struct editor *editor, int key) {
    if (key == KEY_SIZE || key == KEY_NOTHING) return;
    if (!key_moves_vertically(editor, key)) {
        key_edits(editor, key);
        editor->goal = screen_column(editor);
    }
    editor->is_cutting = key == KEY_CONTROL('K');
}
