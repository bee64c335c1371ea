// SPDX-License-Identifier: MIT
// Lines and bytes, and nothing of the screen.
#include "text.h"
#include <stdlib.h>
#include <string.h>

static bool line_reserve(struct line *line, size_t length) {
    if (length <= line->capacity) return true;
    size_t capacity = length < 16 ? 16 : length + length / 2;
    char *grown = realloc(line->bytes, capacity);
    if (grown == NULL) return false;
    line->bytes = grown;
    line->capacity = capacity;
    return true;
}

// An empty line in front of that one.
static bool line_make(struct text *text, size_t index) {
    if (text->count == text->capacity) {
        size_t capacity = text->capacity > 0 ? 2 * text->capacity : 64;
        struct line *grown = realloc(text->lines, capacity * sizeof(*grown));
        if (grown == NULL) return false;
        text->lines = grown;
        text->capacity = capacity;
    }
    struct line *line = &text->lines[index];
    memmove(line + 1, line, (text->count - index) * sizeof(*line));
    *line = (struct line){.bytes = NULL};
    text->count++;
    return true;
}

bool text_init(struct text *text) {
    *text = (struct text){.lines = NULL};
    return line_make(text, 0);
}

void text_free(struct text *text) {
    for (size_t i = 0; i < text->count; i++) free(text->lines[i].bytes);
    free(text->lines);
}

bool text_insert(struct text *text, struct place place, const char *bytes, size_t size) {
    struct line *line = &text->lines[place.line];
    if (!line_reserve(line, line->length + size)) return false;
    memmove(line->bytes + place.byte + size, line->bytes + place.byte, line->length - place.byte);
    memcpy(line->bytes + place.byte, bytes, size);
    line->length += size;
    text->is_changed = true;
    return true;
}

bool text_split(struct text *text, struct place place) {
    size_t rest = text->lines[place.line].length - place.byte;
    struct line next = {.bytes = NULL};
    if (!line_reserve(&next, rest) || !line_make(text, place.line + 1)) {
        free(next.bytes);
        return false;
    }
    struct line *line = &text->lines[place.line];
    if (rest > 0) memcpy(next.bytes, line->bytes + place.byte, rest);
    next.length = rest;
    line->length = place.byte;
    text->lines[place.line + 1] = next;
    text->is_changed = true;
    return true;
}

bool text_join(struct text *text, size_t index) {
    if (index + 1 == text->count) return true;
    const struct line *next = &text->lines[index + 1];
    struct place end = {index, text->lines[index].length};
    if (next->length > 0 && !text_insert(text, end, next->bytes, next->length)) return false;
    text_delete_line(text, index + 1);
    return true;
}

void text_delete(struct text *text, struct place place, size_t size) {
    struct line *line = &text->lines[place.line];
    char *at = line->bytes + place.byte;
    if (size == 0) return;
    memmove(at, at + size, line->length - place.byte - size);
    line->length -= size;
    text->is_changed = true;
}

void text_delete_line(struct text *text, size_t index) {
    struct line *line = &text->lines[index];
    free(line->bytes);
    text->is_changed = true;
    text->count--;
    memmove(line, line + 1, (text->count - index) * sizeof(*line));
}

static bool is_continuation(char byte) { return ((unsigned char)byte & 0xc0) == 0x80; }

size_t text_before(const struct text *text, struct place place) {
    const char *bytes = text->lines[place.line].bytes;
    if (place.byte > 0) place.byte--;
    while (place.byte > 0 && is_continuation(bytes[place.byte])) place.byte--;
    return place.byte;
}

size_t text_behind(const struct text *text, struct place place) {
    const struct line *line = &text->lines[place.line];
    if (place.byte < line->length) place.byte++;
    while (place.byte < line->length && is_continuation(line->bytes[place.byte])) place.byte++;
    return place.byte;
}

// Where it is in a line, from a byte on; the line's length + 1 if it is not.
static size_t find_in_line(const struct line *line, size_t from, const char *wanted, size_t size) {
    for (; from + size <= line->length; from++)
        if (memcmp(line->bytes + from, wanted, size) == 0) return from;
    return line->length + 1;
}

bool text_find(const struct text *text, struct place *place, const char *wanted) {
    size_t size = strlen(wanted), from = place->byte + 1;
    if (size == 0) return false;
    for (size_t i = 0; i <= text->count; i++, from = 0) {
        size_t index = (place->line + i) % text->count;
        size_t byte = find_in_line(&text->lines[index], from, wanted, size);
        if (byte > text->lines[index].length) continue;
        *place = (struct place){index, byte};
        return true;
    }
    return false;
}
