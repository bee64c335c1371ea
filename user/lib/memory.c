// SPDX-License-Identifier: MIT
// memcpy and its family, in machine words where source and target allow it. The compiler emits
// calls to these functions on its own, so they are in every program.
#include <string.h>
#include <stdint.h>

// gcc recognizes the loops below and would turn them into calls to the very functions they are in.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

typedef uint64_t __attribute__((may_alias)) word;
#define WORD_MASK (sizeof(word) - 1)

// Upward, so that a target in front of its source may overlap it.
static void memory_copy_forward(unsigned char *to, const unsigned char *from, size_t size) {
    if ((((uintptr_t)to ^ (uintptr_t)from) & WORD_MASK) == 0) {
        for (; size > 0 && ((uintptr_t)to & WORD_MASK) != 0; size--) *to++ = *from++;
        for (; size >= 4 * sizeof(word); size -= 4 * sizeof(word)) {
            word a = ((const word *)from)[0], b = ((const word *)from)[1];
            word c = ((const word *)from)[2], d = ((const word *)from)[3];
            ((word *)to)[0] = a;
            ((word *)to)[1] = b;
            ((word *)to)[2] = c;
            ((word *)to)[3] = d;
            to += 4 * sizeof(word);
            from += 4 * sizeof(word);
        }
        for (; size >= sizeof(word); size -= sizeof(word)) {
            *(word *)to = *(const word *)from;
            to += sizeof(word);
            from += sizeof(word);
        }
    }
    while (size-- > 0) *to++ = *from++;
}

// Downward, for an overlapping target behind its source.
static void memory_copy_backward(unsigned char *to, const unsigned char *from, size_t size) {
    unsigned char *t = to + size;
    const unsigned char *f = from + size;
    if ((((uintptr_t)t ^ (uintptr_t)f) & WORD_MASK) == 0) {
        for (; size > 0 && ((uintptr_t)t & WORD_MASK) != 0; size--) *--t = *--f;
        for (; size >= sizeof(word); size -= sizeof(word)) {
            t -= sizeof(word);
            f -= sizeof(word);
            *(word *)t = *(const word *)f;
        }
    }
    while (size-- > 0) *--t = *--f;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    memory_copy_forward(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    uintptr_t distance = (uintptr_t)to - (uintptr_t)from;
    if (distance >= size)
        memory_copy_forward(to, from, size);
    else if (distance > 0)
        memory_copy_backward(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size) {
    unsigned char *t = to;
    word pattern = (unsigned char)byte * UINT64_C(0x0101010101010101);
    for (; size > 0 && ((uintptr_t)t & WORD_MASK) != 0; size--) *t++ = (unsigned char)byte;
    for (; size >= 4 * sizeof(word); size -= 4 * sizeof(word)) {
        ((word *)t)[0] = pattern;
        ((word *)t)[1] = pattern;
        ((word *)t)[2] = pattern;
        ((word *)t)[3] = pattern;
        t += 4 * sizeof(word);
    }
    for (; size >= sizeof(word); size -= sizeof(word)) {
        *(word *)t = pattern;
        t += sizeof(word);
    }
    while (size-- > 0) *t++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size) {
    const unsigned char *x = a;
    const unsigned char *y = b;
    for (; size > 0; size--, x++, y++)
        if (*x != *y) return *x - *y;
    return 0;
}

void *memchr(const void *memory, int byte, size_t size) {
    const unsigned char *m = memory;
    for (; size > 0; size--, m++)
        if (*m == (unsigned char)byte) return (void *)m;
    return NULL;
}
