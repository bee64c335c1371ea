// SPDX-License-Identifier: MIT
// Sparse arrays of pages: a few direct entries, then an index of two levels. The owner names the
// lock. Indices are below PAGE_ARRAY_MAX.
#pragma once

#include "arch.h"

#define PAGE_ARRAY_DIRECT    8
#define PAGE_ARRAY_NODE_SIZE (PAGE_SIZE / sizeof(void *))
#define PAGE_ARRAY_MAX       (PAGE_ARRAY_DIRECT + PAGE_ARRAY_NODE_SIZE * PAGE_ARRAY_NODE_SIZE)

struct page_array {
    void *direct[PAGE_ARRAY_DIRECT];
    void ***root;   // a page of leaves, which are pages of pages; NULL where there is nothing
    uint64_t count; // pages in use, root and leaves among them
};

// How many pages one index can need: its own, a leaf, the root.
#define PAGE_ARRAY_DEPTH 3

void *page_array_get_indexed(const struct page_array *array, uint64_t index);

// The page with this index, or NULL; the reference stays the array's.
static inline void *page_array_get(const struct page_array *array, uint64_t index) {
    return index < PAGE_ARRAY_DIRECT ? array->direct[index] : page_array_get_indexed(array, index);
}

// Puts a page there, taking over its reference; the reference of what was there becomes the
// caller's. False when the index cannot grow, and then nothing has changed.
bool page_array_set(struct page_array *array, uint64_t index, void *page);

// Puts all pages from an index on.
void page_array_truncate(struct page_array *array, uint64_t first);
