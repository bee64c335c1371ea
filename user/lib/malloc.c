// SPDX-License-Identifier: MIT
// The heap: blocks with boundary tags on memory from sbrk(), the first free one that fits is taken,
// neighbours that become free are joined at once. One lock guards all of it.
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lock.h"

// In front of every block. Sizes include the header and are multiples of ALIGNMENT, so that bit 0
// is free to say that the block is in use. A region ends in a header of size 0 that is in use.
struct block {
    size_t size_and_use;
    struct block *before; // the neighbour at lower addresses; NULL: the region begins here
};

struct free_block {
    struct block block;
    struct free_block *next;
    struct free_block *previous;
};

#define ALIGNMENT  16
#define IN_USE     ((size_t)1)
#define BLOCK_MIN  sizeof(struct free_block)
#define GROW_BYTES ((size_t)64 * 1024)
_Static_assert(sizeof(struct block) == ALIGNMENT, "what malloc returns is aligned");
_Static_assert(BLOCK_MIN % ALIGNMENT == 0, "free blocks keep the alignment");

static library_lock lock;
static struct free_block *free_list;
static struct block *last_end; // the end header of the newest region

static size_t block_size(const struct block *block) { return block->size_and_use & ~IN_USE; }

static bool block_is_used(const struct block *block) { return block->size_and_use & IN_USE; }

static struct block *block_after(struct block *block) {
    return (struct block *)((char *)block + block_size(block));
}

static void free_list_insert(struct block *block) {
    struct free_block *entry = (struct free_block *)block;
    entry->previous = NULL;
    entry->next = free_list;
    if (free_list != NULL) free_list->previous = entry;
    free_list = entry;
}

static void free_list_remove(struct block *block) {
    struct free_block *entry = (struct free_block *)block;
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        free_list = entry->next;
    if (entry->next != NULL) entry->next->previous = entry->previous;
}

// Gives a block a size; its neighbour learns where it begins.
static void block_set_size(struct block *block, size_t size, size_t use) {
    block->size_and_use = size | use;
    block_after(block)->before = block;
}

// Makes a block free and joins it with free neighbours.
static void block_release(struct block *block) {
    size_t size = block_size(block);
    struct block *after = block_after(block);
    if (!block_is_used(after)) {
        free_list_remove(after);
        size += block_size(after);
    }
    if (block->before != NULL && !block_is_used(block->before)) {
        block = block->before;
        free_list_remove(block);
        size += block_size(block);
    }
    block_set_size(block, size, 0);
    free_list_insert(block);
}

// Cuts a used block down to a size and releases the rest, if that can be a block.
static void block_trim(struct block *block, size_t size) {
    size_t rest = block_size(block) - size;
    if (rest < BLOCK_MIN) return;
    block_set_size(block, size, IN_USE);
    struct block *remainder = block_after(block);
    block_set_size(remainder, rest, IN_USE);
    block_release(remainder);
}

// The size of the block for a request, or 0 if it is absurd.
static size_t block_size_for(size_t request) {
    if (request > (size_t)PTRDIFF_MAX - GROW_BYTES) return 0;
    size_t size = (request + sizeof(struct block) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    return size < BLOCK_MIN ? BLOCK_MIN : size;
}

static char *heap_extend(size_t *bytes) {
    size_t rounded = (*bytes + GROW_BYTES - 1) & ~(GROW_BYTES - 1);
    char *start = sbrk((intptr_t)rounded);
    if (start != (char *)-1) {
        *bytes = rounded;
        return start;
    }
    return sbrk((intptr_t)*bytes);
}

// Adds a free block of at least `size` bytes. Memory that follows the last region enlarges it;
// other memory, when someone else has used sbrk(), is a region of its own.
static bool heap_grow(size_t size) {
    size_t bytes = size + 2 * sizeof(struct block) + ALIGNMENT;
    char *start = heap_extend(&bytes);
    if (start == (char *)-1) return false;
    char *end = (char *)((uintptr_t)(start + bytes) & ~(uintptr_t)(ALIGNMENT - 1));
    struct block *block = last_end;
    if (last_end == NULL || start != (char *)(last_end + 1)) {
        block = (struct block *)(((uintptr_t)start + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
        block->before = NULL;
    }
    last_end = (struct block *)end - 1;
    last_end->size_and_use = IN_USE;
    block_set_size(block, (size_t)((char *)last_end - (char *)block), IN_USE);
    block_release(block);
    return true;
}

static struct block *free_list_find(size_t size) {
    for (struct free_block *entry = free_list; entry != NULL; entry = entry->next)
        if (block_size(&entry->block) >= size) return &entry->block;
    return NULL;
}

static void *take_locked(size_t size) {
    struct block *block = free_list_find(size);
    if (block == NULL && heap_grow(size)) block = free_list_find(size);
    if (block == NULL) return NULL;
    free_list_remove(block);
    block->size_and_use |= IN_USE;
    block_trim(block, size);
    return block + 1;
}

void *malloc(size_t request) {
    size_t size = block_size_for(request);
    library_lock_acquire(&lock);
    void *memory = size > 0 ? take_locked(size) : NULL;
    library_lock_release(&lock);
    if (memory == NULL) errno = ENOMEM;
    return memory;
}

// The block behind a pointer from malloc(); a pointer that cannot be one ends the program.
static struct block *block_of(void *memory, const char *caller) {
    struct block *block = (struct block *)memory - 1;
    if ((uintptr_t)memory % ALIGNMENT == 0 && block_is_used(block) &&
        block_after(block)->before == block)
        return block;
    dprintf(STDERR_FILENO, "%s(%p): this memory is not allocated\n", caller, memory);
    abort();
}

void free(void *memory) {
    if (memory == NULL) return;
    struct block *block = block_of(memory, "free");
    library_lock_acquire(&lock);
    block_release(block);
    library_lock_release(&lock);
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
    void *memory = malloc(bytes);
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

// Takes a free neighbour into a used block if that makes it large enough.
static bool block_extend(struct block *block, size_t size) {
    struct block *after = block_after(block);
    if (block_is_used(after) || block_size(block) + block_size(after) < size) return false;
    free_list_remove(after);
    block_set_size(block, block_size(block) + block_size(after), IN_USE);
    return true;
}

static bool resize_locked(struct block *block, size_t size) {
    if (size == 0 || (block_size(block) < size && !block_extend(block, size))) return false;
    block_trim(block, size);
    return true;
}

void *realloc(void *memory, size_t request) {
    if (memory == NULL) return malloc(request);
    struct block *block = block_of(memory, "realloc");
    library_lock_acquire(&lock);
    bool fits = resize_locked(block, block_size_for(request));
    library_lock_release(&lock);
    if (fits) return memory;
    void *moved = malloc(request);
    if (moved == NULL) return NULL;
    memcpy(moved, memory, block_size(block) - sizeof(struct block));
    free(memory);
    return moved;
}
