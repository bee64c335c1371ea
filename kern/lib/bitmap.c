// SPDX-License-Identifier: MIT
// Searches in bit sets. Pure functions; the owner of the set names the lock.

#include "lib/bitmap.h"

// In the constant all of the 64 numbers of 6 bits occur; the bit shifts one of them to the top.
int __ctzdi2(uint64_t value) {
    static const uint8_t positions[64] = {
        0,  1,  2,  7,  3,  13, 8,  19, 4,  25, 14, 28, 9,  34, 20, 40, 5,  17, 26, 38, 15, 46,
        29, 48, 10, 31, 35, 54, 21, 50, 41, 57, 63, 6,  12, 18, 24, 27, 33, 39, 16, 37, 45, 47,
        30, 53, 49, 56, 62, 11, 23, 32, 36, 44, 52, 55, 61, 22, 43, 51, 60, 42, 59, 58};
    return positions[(value & -value) * UINT64_C(0x0218a392cd3d5dbf) >> 58];
}

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
