// SPDX-License-Identifier: MIT
// The text that is shown, read as far as somebody has looked at it, and its division into rows and
// lines; a line of more than 64 KiB counts as several. A place in it is the number of bytes before
// it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <terminal.h>

struct document {
    const char *name;
    int source;
    struct terminal *waits; // given back while the source lets wait; NULL: it never does
    size_t total;           // bytes of a file; 0: not known
    char *text;
    size_t size, capacity;
    bool is_complete;
    int error;                              // why it is shorter than it should be, or 0
    size_t counted_place, counted_newlines; // a place, and how many newlines are before it
};

// Takes what the descriptor gives. It is told the terminal for which it may have to wait.
void document_init(struct document *document, const char *name, int source,
                   struct terminal *terminal);

// Reads until there are so many bytes or all.
void document_fill(struct document *document, size_t size);
void document_fill_all(struct document *document);

// The start of the row behind the one that starts here, on a screen of so many columns; the end of
// the text behind its last row.
size_t document_next_row(struct document *document, size_t place, int columns);
// The start of the row before the one that starts here.
size_t document_previous_row(struct document *document, size_t place, int columns);

// The start of the line behind the one that a place is in, and of that one itself.
size_t document_next_line(struct document *document, size_t place);
size_t document_line_start(const struct document *document, size_t place);
// The number of the line that a place is in, counted from 1.
size_t document_line_number(struct document *document, size_t place);
