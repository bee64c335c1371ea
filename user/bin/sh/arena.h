// SPDX-License-Identifier: MIT
// Memory that is given back all at once, or down to a mark: one command's tree and its expanded
// words. Its size is fixed, so that no input makes the shell grow.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena {
    char *memory;
    size_t size;
    size_t used;
};

void arena_init(struct arena *arena, void *memory, size_t size);

// Zeroed and aligned for any structure, or NULL when the arena is full.
void *arena_alloc(struct arena *arena, size_t size);

// Texts grow character by character at the arena's end: begin, append, and append the zero before
// the next arena_alloc().
char *arena_text_begin(struct arena *arena);
bool arena_text_append(struct arena *arena, char c);
