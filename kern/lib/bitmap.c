// SPDX-License-Identifier: MIT
// Searches in bit sets. Pure functions; the owner of the set names the lock.

#include "lib/bitmap.h"

int bitmap_lowest(const uint64_t *words, uint32_t bits) {
    for (uint32_t word = 0; word < BITMAP_WORDS(bits); word++) {
        if (words[word] == 0) continue;
        uint32_t bit = word * 64 + (uint32_t)__builtin_ctzll(words[word]);
        return bit < bits ? (int)bit : -1;
    }
    return -1;
}

int bitmap_search(const uint64_t *words, uint32_t bits, uint32_t from) {
    uint64_t wanted = ~(uint64_t)0 << (from % 64); // of the first word
    for (uint32_t word = from / 64; word < BITMAP_WORDS(bits); word++, wanted = ~(uint64_t)0) {
        uint64_t value = words[word] & wanted;
        if (value == 0) continue;
        uint32_t bit = word * 64 + (uint32_t)__builtin_ctzll(value);
        return bit < bits ? (int)bit : -1;
    }
    return -1;
}

int bitmap_highest(const uint64_t *words, uint32_t bits) {
    for (uint32_t word = BITMAP_WORDS(bits); word-- > 0;) {
        uint64_t value = words[word];
        if ((word + 1) * 64 > bits) value &= ((uint64_t)1 << (bits % 64)) - 1;
        if (value != 0) return (int)(word * 64 + 63 - (uint32_t)__builtin_clzll(value));
    }
    return -1;
}

uint32_t bitmap_count(const uint64_t *words, uint32_t bits) {
    uint32_t count = 0;
    for (uint32_t bit = 0; bit < bits; bit++) count += bitmap_test(words, bit);
    return count;
}
