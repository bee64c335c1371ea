// SPDX-License-Identifier: MIT
// Sparse arrays of pages. The owner's lock guards an array.

#include "fs/page_array.h"
#include "mem/page.h"

void *page_array_get_indexed(const struct page_array *array, uint64_t index) {
    if (!array->root) return NULL;
    index -= PAGE_ARRAY_DIRECT;
    void **leaf = array->root[index / PAGE_ARRAY_NODE_SIZE];
    return leaf ? leaf[index % PAGE_ARRAY_NODE_SIZE] : NULL;
}

// The leaf that holds an index above the direct ones, made if it is missing; NULL when out of
// memory, and then there is no new root either.
static void **leaf_make(struct page_array *array, uint64_t number) {
    if (array->root && array->root[number]) return array->root[number];
    void **leaf = page_alloc_zeroed();
    if (!leaf) return NULL;
    if (!array->root) {
        array->root = page_alloc_zeroed();
        if (!array->root) {
            page_put(leaf);
            return NULL;
        }
        array->count++;
    }
    array->root[number] = leaf;
    array->count++;
    return leaf;
}

static void put_in(struct page_array *array, void **entry, void *page) {
    if (!*entry) array->count++;
    *entry = page;
}

bool page_array_set(struct page_array *array, uint64_t index, void *page) {
    if (index < PAGE_ARRAY_DIRECT) {
        put_in(array, &array->direct[index], page);
        return true;
    }
    index -= PAGE_ARRAY_DIRECT;
    void **leaf = leaf_make(array, index / PAGE_ARRAY_NODE_SIZE);
    if (leaf) put_in(array, &leaf[index % PAGE_ARRAY_NODE_SIZE], page);
    return leaf;
}

// Puts the pages of a node from an entry on.
static void node_truncate(struct page_array *array, void **node, size_t first, size_t size) {
    for (size_t i = first; i < size; i++) {
        if (!node[i]) continue;
        page_put(node[i]);
        node[i] = NULL;
        array->count--;
    }
}

void page_array_truncate(struct page_array *array, uint64_t first) {
    node_truncate(array, array->direct, first, PAGE_ARRAY_DIRECT);
    if (!array->root) return;
    uint64_t rest = first > PAGE_ARRAY_DIRECT ? first - PAGE_ARRAY_DIRECT : 0;
    size_t within = rest % PAGE_ARRAY_NODE_SIZE;
    for (size_t i = rest / PAGE_ARRAY_NODE_SIZE; i < PAGE_ARRAY_NODE_SIZE; i++, within = 0) {
        void **leaf = array->root[i];
        if (!leaf) continue;
        node_truncate(array, leaf, within, PAGE_ARRAY_NODE_SIZE);
        if (within == 0) {
            page_put(leaf);
            array->root[i] = NULL;
            array->count--;
        }
    }
    if (rest == 0) {
        page_put(array->root);
        array->root = NULL;
        array->count--;
    }
}
