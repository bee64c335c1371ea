// SPDX-License-Identifier: MIT
// Reads a descriptor line by line, lines of any length.
#pragma once

#include "sys/types.h"

struct line_reader {
    int descriptor;
    bool at_end;
    char *buffer;
    size_t capacity;
    size_t start; // the unread bytes are buffer[start … end)
    size_t end;
};

void line_reader_init(struct line_reader *reader, int descriptor);

// The next line, without its newline and with a terminating zero, valid until the next call.
// Returns its length, or -1 at the end (*line is then NULL and errno 0) or on failure (errno set).
ssize_t line_reader_next(struct line_reader *reader, char **line);

void line_reader_free(struct line_reader *reader);
