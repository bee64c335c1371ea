// SPDX-License-Identifier: MIT
// edit FILE: changes a text on the screen. The last row lists the keys.
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "editor.h"
#include "file.h"

static void load(struct editor *editor) {
    bool is_new;
    if (!text_init(&editor->text) || !text_init(&editor->cut)) errx(2, "out of memory");
    if (!file_load(&editor->text, editor->path, &is_new)) {
        if (errno == EINVAL) errx(1, "%s: is not a regular file", editor->path);
        err(1, "%s", editor->path);
    }
    if (is_new) snprintf(editor->message, MESSAGE_MAX, "%.100s: a new file", editor->path);
    editor->ends_open = !is_new && editor->text.lines[editor->text.count - 1].length > 0;
}

int main(int argc, char **argv) {
    static struct editor editor;
    if (argc != 2 || argv[1][0] == '-') errx(2, "usage: edit FILE");
    if (!isatty(STDIN_FILENO)) errx(2, "standard input is not a console");
    if (!isatty(STDOUT_FILENO)) errx(2, "standard output is not a console");
    editor.path = argv[1];
    load(&editor);
    if (terminal_open(&editor.terminal, STDIN_FILENO) < 0) err(2, "the console");
    while (!editor.is_done) {
        if (!terminal_has_key(&editor.terminal)) screen_draw(&editor);
        int key = terminal_key(&editor.terminal);
        if (key < 0) break;
        editor_key(&editor, key);
    }
    terminal_close(&editor.terminal);
    return editor.is_done ? 0 : 1;
}
