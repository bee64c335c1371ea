// SPDX-License-Identifier: MIT
// Memory that is given back all at once.
#include "arena.h"
#include <string.h>

#define ALIGNMENT 8

void arena_init(struct arena *arena, void *memory, size_t size) {
    *arena = (struct arena){.memory = memory, .size = size};
}

void *arena_alloc(struct arena *arena, size_t size) {
    size_t start = (arena->used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (start > arena->size || size > arena->size - start) return NULL;
    arena->used = start + size;
    return memset(arena->memory + start, 0, size);
}

char *arena_text_begin(struct arena *arena) { return arena->memory + arena->used; }

bool arena_text_append(struct arena *arena, char c) {
    if (arena->used == arena->size) return false;
    arena->memory[arena->used++] = c;
    return true;
}
