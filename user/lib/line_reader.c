// SPDX-License-Identifier: MIT
// Reads a descriptor line by line. The buffer grows with the longest line.
#include <errno.h>
#include <line_reader.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAPACITY 4096

void line_reader_init(struct line_reader *reader, int descriptor) {
    *reader = (struct line_reader){.descriptor = descriptor};
}

void line_reader_free(struct line_reader *reader) {
    free(reader->buffer);
    reader->buffer = NULL;
}

// Makes room for at least one more byte behind `end` and one for a zero.
static int make_room(struct line_reader *reader) {
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    if (reader->end + 1 < reader->capacity) return 0;
    size_t capacity = reader->capacity > 0 ? 2 * reader->capacity : FIRST_CAPACITY;
    char *buffer = realloc(reader->buffer, capacity);
    if (buffer == NULL) return -1;
    reader->buffer = buffer;
    reader->capacity = capacity;
    return 0;
}

// Reads more. Returns 0 also at the end of the input, which it notes.
static int fill(struct line_reader *reader) {
    if (make_room(reader) < 0) return -1;
    ssize_t size =
        read(reader->descriptor, reader->buffer + reader->end, reader->capacity - reader->end - 1);
    if (size < 0) return -1;
    reader->end += (size_t)size;
    reader->at_end = size == 0;
    return 0;
}

// Delivers buffer[start … stop) and goes on behind the newline, if there is one.
static ssize_t deliver(struct line_reader *reader, size_t stop, size_t next, char **line) {
    *line = reader->buffer + reader->start;
    ssize_t length = (ssize_t)(stop - reader->start);
    reader->buffer[stop] = '\0';
    reader->start = next;
    return length;
}

ssize_t line_reader_next(struct line_reader *reader, char **line) {
    *line = NULL;
    size_t searched = 0;
    for (;;) {
        size_t from = reader->start + searched;
        char *newline =
            from == reader->end ? NULL : memchr(reader->buffer + from, '\n', reader->end - from);
        if (newline != NULL) {
            size_t stop = (size_t)(newline - reader->buffer);
            return deliver(reader, stop, stop + 1, line);
        }
        searched = reader->end - reader->start;
        if (reader->at_end) {
            errno = 0;
            return searched > 0 ? deliver(reader, reader->end, reader->end, line) : -1;
        }
        if (fill(reader) < 0) return -1;
    }
}
