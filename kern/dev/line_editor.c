// SPDX-License-Identifier: MIT
// Line editing as pure logic. What the terminal shows is kept in step by printing only what
// changed, with backspaces to go left: the cursor's column on the screen is never known. A
// character is one column wide; bytes that continue a UTF-8 sequence have no column of their own.
#include "dev/line_editor.h"

#include "lib/string.h"

#define CONTROL(letter) ((letter) - 'A' + 1)
#define KEY_ESCAPE      0x1b
#define KEY_BACKSPACE   0x7f
#define KEY_DELETE      0x100 // not a byte: an escape sequence

#define ERASE_BEHIND "\x1b[J"
#define CLEAR_SCREEN "\x1b[H\x1b[2J"
#define BELL         "\a"

// Positions in an escape sequence.
enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_SHORT, ESCAPE_FIRST_NUMBER, ESCAPE_MORE_NUMBERS };

// ---- Characters and columns --------------------------------------------------------------------

static bool is_continuation(char byte) { return ((uint8_t)byte & 0xc0) == 0x80; }

static uint32_t character_before(const struct line_editor *editor, uint32_t position) {
    if (position > 0) position--;
    while (position > 0 && is_continuation(editor->line[position])) position--;
    return position;
}

static uint32_t character_behind(const struct line_editor *editor, uint32_t position) {
    if (position < editor->length) position++;
    while (position < editor->length && is_continuation(editor->line[position])) position++;
    return position;
}

// Whether the bytes [start, end) are all that the first of them announces.
static bool character_is_complete(const struct line_editor *editor, uint32_t start, uint32_t end) {
    uint8_t lead = (uint8_t)editor->line[start];
    uint32_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return end - start >= bytes;
}

// ---- What the terminal is told -----------------------------------------------------------------

static void echo_string(const struct line_editor *editor, const char *string) {
    editor->echo(string, strlen(string));
}

// A tab shows as one blank, since nobody knows the column it stands in.
static void echo_line(const struct line_editor *editor, uint32_t from, uint32_t to) {
    char text[64];
    while (from < to) {
        uint32_t size = 0;
        for (; size < sizeof(text) && from < to; from++)
            text[size++] = editor->line[from] == '\t' ? ' ' : editor->line[from];
        editor->echo(text, size);
    }
}

// Takes the terminal's cursor back over the characters of [from, to).
static void echo_back(const struct line_editor *editor, uint32_t from, uint32_t to) {
    char text[64];
    uint32_t size = 0;
    for (; from < to; from++) {
        if (!is_continuation(editor->line[from])) text[size++] = '\b';
        if (size == sizeof(text)) {
            editor->echo(text, size);
            size = 0;
        }
    }
    if (size > 0) editor->echo(text, size);
}

static void cursor_move(struct line_editor *editor, uint32_t position) {
    if (position < editor->cursor)
        echo_back(editor, position, editor->cursor);
    else
        echo_line(editor, editor->cursor, position);
    editor->cursor = position;
}

// Shows what stands behind the cursor, which stays.
static void echo_tail(const struct line_editor *editor) {
    echo_line(editor, editor->cursor, editor->length);
    echo_string(editor, ERASE_BEHIND);
    echo_back(editor, editor->cursor, editor->length);
}

// ---- Editing -----------------------------------------------------------------------------------

static void insert_byte(struct line_editor *editor, char byte) {
    if (editor->length + 1 >= LINE_MAX) { // the newline needs a place
        echo_string(editor, BELL);
        return;
    }
    char *at = editor->line + editor->cursor;
    memmove(at + 1, at, editor->length - editor->cursor);
    *at = byte;
    editor->length++;
    editor->cursor++;
    if (editor->cursor == editor->length) {
        echo_line(editor, editor->cursor - 1, editor->cursor);
        return;
    }
    // The tail must not come between the bytes of one character.
    uint32_t start = character_before(editor, editor->cursor);
    if (character_is_complete(editor, start, editor->cursor)) {
        echo_line(editor, start, editor->cursor);
        echo_tail(editor);
    }
}

static void delete_range(struct line_editor *editor, uint32_t from, uint32_t to) {
    if (from == to) return;
    cursor_move(editor, from);
    memmove(editor->line + from, editor->line + to, editor->length - to);
    editor->length -= to - from;
    echo_tail(editor);
}

static uint32_t word_before(const struct line_editor *editor, uint32_t position) {
    while (position > 0 && editor->line[position - 1] == ' ') position--;
    while (position > 0 && editor->line[position - 1] != ' ') position--;
    return position;
}

static void replace_line(struct line_editor *editor, const char *text, uint32_t length) {
    cursor_move(editor, 0);
    memcpy(editor->line, text, length);
    editor->length = length;
    cursor_move(editor, length);
    echo_string(editor, ERASE_BEHIND);
}

void line_editor_redraw(const struct line_editor *editor) {
    echo_string(editor, "\r");
    editor->echo(editor->prompt, editor->prompt_length);
    echo_line(editor, 0, editor->cursor);
    echo_tail(editor);
}

static void clear_screen(const struct line_editor *editor) {
    echo_string(editor, CLEAR_SCREEN);
    line_editor_redraw(editor);
}

// ---- History -----------------------------------------------------------------------------------

// The line stored `back` lines ago; 1 is the latest.
static struct history_line *history_entry(struct line_editor *editor, uint32_t back) {
    return &editor->history[(editor->history_count - back) % HISTORY_MAX];
}

static void history_store(struct line_editor *editor) {
    if (editor->length == 0 || editor->length > HISTORY_LINE) return;
    if (editor->history_count > 0) {
        const struct history_line *latest = history_entry(editor, 1);
        if (latest->length == editor->length &&
            memcmp(latest->text, editor->line, editor->length) == 0)
            return;
    }
    editor->history_count++;
    struct history_line *entry = history_entry(editor, 1);
    entry->length = editor->length;
    memcpy(entry->text, editor->line, editor->length);
}

static void history_older(struct line_editor *editor) {
    uint32_t stored = editor->history_count < HISTORY_MAX ? editor->history_count : HISTORY_MAX;
    if (editor->history_shown == stored) {
        echo_string(editor, BELL);
        return;
    }
    if (editor->history_shown++ == 0) {
        memcpy(editor->stashed, editor->line, editor->length);
        editor->stashed_length = editor->length;
    }
    const struct history_line *entry = history_entry(editor, editor->history_shown);
    replace_line(editor, entry->text, entry->length);
}

static void history_newer(struct line_editor *editor) {
    if (editor->history_shown == 0) {
        echo_string(editor, BELL);
        return;
    }
    if (--editor->history_shown == 0) {
        replace_line(editor, editor->stashed, editor->stashed_length);
    } else {
        const struct history_line *entry = history_entry(editor, editor->history_shown);
        replace_line(editor, entry->text, entry->length);
    }
}

// ---- Keys --------------------------------------------------------------------------------------

static void edit_key(struct line_editor *editor, int key) {
    uint32_t cursor = editor->cursor;
    switch (key) {
    case CONTROL('A'): return cursor_move(editor, 0);
    case CONTROL('E'): return cursor_move(editor, editor->length);
    case CONTROL('B'): return cursor_move(editor, character_before(editor, cursor));
    case CONTROL('F'): return cursor_move(editor, character_behind(editor, cursor));
    case CONTROL('H'):
    case KEY_BACKSPACE: return delete_range(editor, character_before(editor, cursor), cursor);
    case KEY_DELETE: return delete_range(editor, cursor, character_behind(editor, cursor));
    case CONTROL('U'): return delete_range(editor, 0, cursor);
    case CONTROL('K'): return delete_range(editor, cursor, editor->length);
    case CONTROL('W'): return delete_range(editor, word_before(editor, cursor), cursor);
    case CONTROL('L'): return clear_screen(editor);
    case CONTROL('P'): return history_older(editor);
    case CONTROL('N'): return history_newer(editor);
    }
    if (key == '\t' || (key >= ' ' && key <= 0xff)) insert_byte(editor, (char)key);
}

// The key that `ESC [ parameter final` or `ESC O final` stands for, or 0.
static int key_of_sequence(uint32_t parameter, char final) {
    switch (final) {
    case 'A': return CONTROL('P');
    case 'B': return CONTROL('N');
    case 'C': return CONTROL('F');
    case 'D': return CONTROL('B');
    case 'H': return CONTROL('A');
    case 'F': return CONTROL('E');
    case '~':
        if (parameter == 1 || parameter == 7) return CONTROL('A');
        if (parameter == 4 || parameter == 8) return CONTROL('E');
        return parameter == 3 ? KEY_DELETE : 0;
    }
    return 0;
}

// One byte of an escape sequence, which is not a control character.
static void escape_input(struct line_editor *editor, char byte) {
    uint32_t position = editor->escape;
    editor->escape = ESCAPE_NONE;
    if (position == ESCAPE_BEGUN) {
        editor->escape_parameter = 0;
        if (byte == '[')
            editor->escape = ESCAPE_FIRST_NUMBER;
        else if (byte == 'O')
            editor->escape = ESCAPE_SHORT;
    } else if (position == ESCAPE_SHORT || (byte >= '@' && byte <= '~')) {
        edit_key(editor, key_of_sequence(editor->escape_parameter, byte));
    } else if (position == ESCAPE_FIRST_NUMBER && byte >= '0' && byte <= '9') {
        editor->escape_parameter = editor->escape_parameter * 10 + (uint32_t)(byte - '0');
        editor->escape = ESCAPE_FIRST_NUMBER;
    } else {
        editor->escape = ESCAPE_MORE_NUMBERS;
    }
}

static enum line_event line_finish(struct line_editor *editor) {
    cursor_move(editor, editor->length);
    echo_string(editor, "\n");
    history_store(editor);
    editor->line[editor->length++] = '\n';
    editor->prompt_length = 0;
    return LINE_READY;
}

static enum line_event line_interrupt(struct line_editor *editor) {
    cursor_move(editor, editor->length);
    echo_string(editor, "^C\n");
    editor->prompt_length = 0;
    line_editor_next(editor);
    return LINE_INTERRUPT;
}

void line_editor_init(struct line_editor *editor, void (*echo)(const char *text, size_t size)) {
    memset(editor, 0, sizeof(*editor));
    editor->echo = echo;
}

enum line_event line_editor_input(struct line_editor *editor, char byte) {
    bool after_return = editor->after_return;
    editor->after_return = byte == '\r';
    if (editor->escape != ESCAPE_NONE && (uint8_t)byte >= ' ') {
        escape_input(editor, byte);
        return LINE_NOTHING;
    }
    editor->escape = ESCAPE_NONE;
    switch (byte) {
    case KEY_ESCAPE: editor->escape = ESCAPE_BEGUN; return LINE_NOTHING;
    case '\n': return after_return ? LINE_NOTHING : line_finish(editor);
    case '\r': return line_finish(editor);
    case CONTROL('C'): return line_interrupt(editor);
    case CONTROL('D'): return LINE_END_OF_FILE;
    case '\t':
        if (editor->completes) return LINE_COMPLETE;
        break;
    }
    edit_key(editor, (uint8_t)byte);
    return LINE_NOTHING;
}

void line_editor_next(struct line_editor *editor) {
    editor->length = 0;
    editor->cursor = 0;
    editor->history_shown = 0;
    editor->escape = ESCAPE_NONE;
    editor->completes = false;
}

void line_editor_note_output(struct line_editor *editor, const char *text, size_t size) {
    size_t start = size;
    while (start > 0 && text[start - 1] != '\n') start--;
    if (start > 0) editor->prompt_length = 0;
    for (; start < size && editor->prompt_length < PROMPT_MAX; start++)
        editor->prompt[editor->prompt_length++] = text[start];
}
