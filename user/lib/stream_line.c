// SPDX-License-Identifier: MIT
// Lines of any length. Apart from the other files of streams, because it needs malloc().
#include <stdlib.h>
#include <string.h>
#include "stream.h"

#define FIRST_CAPACITY 256

// Makes room for `size` bytes.
static int make_room(char **line, size_t *capacity, size_t size) {
    size_t wanted = *line != NULL && *capacity > 0 ? *capacity : FIRST_CAPACITY;
    while (wanted < size) wanted *= 2;
    if (*line != NULL && wanted == *capacity) return 0;
    char *larger = realloc(*line, wanted);
    if (larger == NULL) return -1;
    *line = larger;
    *capacity = wanted;
    return 0;
}

ssize_t getline(char **restrict line, size_t *restrict capacity, FILE *restrict stream) {
    size_t length = 0;
    bool ended = false;
    while (!ended && stream_fill(stream) == 0) {
        const char *from = stream->buffer + stream->start;
        size_t part = stream->end - stream->start;
        const char *newline = memchr(from, '\n', part);
        if (newline != NULL) part = (size_t)(newline - from) + 1;
        if (make_room(line, capacity, length + part + 1) < 0) return -1;
        memcpy(*line + length, from, part);
        stream->start += part;
        length += part;
        ended = newline != NULL;
    }
    if (length == 0 || (!ended && !stream->at_end)) return -1;
    (*line)[length] = '\0';
    return (ssize_t)length;
}
