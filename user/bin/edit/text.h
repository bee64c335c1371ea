// SPDX-License-Identifier: MIT
// The text that is edited: lines of bytes. Joined by newlines they are the file, byte by byte; so a
// file that ends in a newline has an empty line at its end.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct line {
    char *bytes;
    size_t length, capacity;
};

struct text {
    struct line *lines; // at least one
    size_t count, capacity;
    bool is_changed;
};

// A place between two bytes.
struct place {
    size_t line, byte;
};

// All that change the text fail, with nothing done, only when there is no memory.
bool text_init(struct text *text);
void text_free(struct text *text);
bool text_insert(struct text *text, struct place place, const char *bytes, size_t size);
// Makes a line of what follows the place.
bool text_split(struct text *text, struct place place);
// Puts the next line, if there is one, behind this one.
bool text_join(struct text *text, size_t line);
void text_delete(struct text *text, struct place place, size_t size);
// Not the only one.
void text_delete_line(struct text *text, size_t line);

// The byte before and behind the character there, in the same line.
size_t text_before(const struct text *text, struct place place);
size_t text_behind(const struct text *text, struct place place);

// Moves *place to the next occurrence behind it, from the beginning again if there is none. False
// if there is none at all.
bool text_find(const struct text *text, struct place *place, const char *wanted);
