// SPDX-License-Identifier: MIT
// Reading, and finding rows and lines.
#include "document.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)32 * 1024)

// At multiples of it a line ends in any case: so going back never has far to look for its start.
#define LINE_LIMIT ((size_t)64 * 1024)

void document_init(struct document *document, const char *name, int source,
                   struct terminal *terminal) {
    struct stat status;
    *document = (struct document){.name = name, .source = source, .waits = terminal};
    if (fstat(source, &status) < 0 || !S_ISREG(status.st_mode)) return;
    document->total = status.st_size;
    document->waits = NULL;
}

static void document_end(struct document *document, int error) {
    document->is_complete = true;
    document->error = error;
}

static bool reserve_chunk(struct document *document) {
    if (document->capacity - document->size >= CHUNK) return true;
    size_t capacity = document->capacity > 0 ? 2 * document->capacity : 2 * CHUNK;
    char *grown = realloc(document->text, capacity);
    if (grown == NULL) return false;
    document->text = grown;
    document->capacity = capacity;
    return true;
}

void document_fill(struct document *document, size_t size) {
    if (document->is_complete || document->size >= size) return;
    if (document->waits != NULL) terminal_pause(document->waits);
    while (!document->is_complete && document->size < size) {
        if (!reserve_chunk(document)) {
            document_end(document, ENOMEM);
            break;
        }
        ssize_t count = read(document->source, document->text + document->size, CHUNK);
        if (count <= 0)
            document_end(document, count < 0 ? errno : 0);
        else
            document->size += (size_t)count;
    }
    if (document->waits != NULL) terminal_resume(document->waits);
}

void document_fill_all(struct document *document) { document_fill(document, (size_t)-1); }

static bool has_byte(struct document *document, size_t place) {
    if (place >= document->size) document_fill(document, place + 1);
    return place < document->size;
}

size_t document_next_row(struct document *document, size_t place, int columns) {
    int column = 0;
    while (has_byte(document, place)) {
        unsigned char byte = (unsigned char)document->text[place];
        if (byte == '\n') return place + 1;
        int width = terminal_width(byte, column);
        if (column > 0 && column + width > columns) break;
        column += width;
        if (++place % LINE_LIMIT == 0) break;
    }
    return place;
}

size_t document_previous_row(struct document *document, size_t place, int columns) {
    if (place == 0) return 0;
    size_t row = document_line_start(document, place - 1), next;
    while ((next = document_next_row(document, row, columns)) < place) row = next;
    return row;
}

size_t document_next_line(struct document *document, size_t place) {
    size_t limit = place - place % LINE_LIMIT + LINE_LIMIT;
    while (place < limit && has_byte(document, place)) {
        size_t end = document->size < limit ? document->size : limit;
        const char *newline = memchr(document->text + place, '\n', end - place);
        if (newline != NULL) return (size_t)(newline - document->text) + 1;
        place = end;
    }
    return place;
}

size_t document_line_start(const struct document *document, size_t place) {
    while (place % LINE_LIMIT > 0 && document->text[place - 1] != '\n') place--;
    return place;
}

size_t document_line_number(struct document *document, size_t place) {
    while (document->counted_place < place)
        document->counted_newlines += document->text[document->counted_place++] == '\n';
    while (document->counted_place > place)
        document->counted_newlines -= document->text[--document->counted_place] == '\n';
    return document->counted_newlines + 1;
}
