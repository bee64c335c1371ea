// SPDX-License-Identifier: MIT
// Bit sets of any fixed size, as arrays of 64-bit words.
#pragma once

#include "abi/types.h"

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bitmap_test(const uint64_t *words, uint32_t bit) {
    return words[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(uint64_t *words, uint32_t bit) {
    words[bit / 64] |= (uint64_t)1 << (bit % 64);
}

static inline void bitmap_clear(uint64_t *words, uint32_t bit) {
    words[bit / 64] &= ~((uint64_t)1 << (bit % 64));
}

// The lowest set bit below `bits`, or -1.
int bitmap_lowest(const uint64_t *words, uint32_t bits);

// The lowest set bit of those from `from` on and below `bits`, or -1.
int bitmap_search(const uint64_t *words, uint32_t bits, uint32_t from);
static inline int bitmap_next(const uint64_t *words, uint32_t bits, uint32_t from) {
    if (from < bits && bitmap_test(words, from)) return (int)from; // often they stand together
    return bitmap_search(words, bits, from);
}

// The highest set bit below `bits`, or -1.
int bitmap_highest(const uint64_t *words, uint32_t bits);

uint32_t bitmap_count(const uint64_t *words, uint32_t bits);

// The lowest set bit of a value that is not 0: what gcc calls where the machine has no instruction
// for it. libgcc's looks at byte after byte.
int __ctzdi2(uint64_t value);
