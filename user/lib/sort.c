// SPDX-License-Identifier: MIT
// qsort() as a heap sort: in place, and never worse than n log n comparisons.
#include <stdlib.h>

struct heap {
    char *base;
    size_t count;
    size_t size;
    int (*compare)(const void *, const void *);
};

static void heap_swap(struct heap *heap, size_t a, size_t b) {
    char *x = heap->base + a * heap->size;
    char *y = heap->base + b * heap->size;
    for (size_t i = 0; i < heap->size; i++) {
        char byte = x[i];
        x[i] = y[i];
        y[i] = byte;
    }
}

static int heap_is_less(struct heap *heap, size_t a, size_t b) {
    return heap->compare(heap->base + a * heap->size, heap->base + b * heap->size) < 0;
}

// Moves an element down until both of its children are smaller.
static void heap_sift(struct heap *heap, size_t parent) {
    for (;;) {
        size_t child = 2 * parent + 1;
        if (child >= heap->count) return;
        if (child + 1 < heap->count && heap_is_less(heap, child, child + 1)) child++;
        if (!heap_is_less(heap, parent, child)) return;
        heap_swap(heap, parent, child);
        parent = child;
    }
}

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *)) {
    struct heap heap = {base, count, size, compare};
    for (size_t i = count / 2; i > 0; i--) heap_sift(&heap, i - 1);
    while (heap.count > 1) {
        heap.count--;
        heap_swap(&heap, 0, heap.count);
        heap_sift(&heap, 0);
    }
}
