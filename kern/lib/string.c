// SPDX-License-Identifier: MIT
// Memory and string functions. Copies and fills go word by word, eight at a time, since almost all
// of the kernel's time outside traps is spent here. Pure functions, no locks.

#include "lib/string.h"
#include "arch.h"

typedef uint64_t __attribute__((may_alias)) word;

static bool is_word_aligned(const void *a, const void *b) {
    return (((uintptr_t)a | (uintptr_t)b) & (sizeof(word) - 1)) == 0;
}

static void copy_eight(word *out, const word *in) {
    word a = in[0], b = in[1], c = in[2], d = in[3];
    word e = in[4], f = in[5], g = in[6], h = in[7];
    out[0] = a, out[1] = b, out[2] = c, out[3] = d;
    out[4] = e, out[5] = f, out[6] = g, out[7] = h;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    char *target = to;
    const char *source = from;
    if (is_word_aligned(target, source)) {
        for (; size >= 8 * sizeof(word); size -= 8 * sizeof(word)) {
            copy_eight((word *)target, (const word *)source);
            source += 8 * sizeof(word);
            target += 8 * sizeof(word);
        }
        for (; size >= sizeof(word); size -= sizeof(word)) {
            *(word *)target = *(const word *)source;
            source += sizeof(word);
            target += sizeof(word);
        }
    }
    while (size-- > 0) *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    char *target = to;
    const char *source = from;
    if (target <= source || target >= source + size) {
        if (target + size <= source || target >= source + size) return memcpy(to, from, size);
        while (size-- > 0) *target++ = *source++;
        return to;
    }
    while (size-- > 0) target[size] = source[size];
    return to;
}

void *memset(void *to, int byte, size_t size) {
    char *target = to;
    word pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);
    if (is_word_aligned(target, target)) {
        for (; size >= 8 * sizeof(word); size -= 8 * sizeof(word)) {
            word *out = (word *)target;
            out[0] = pattern, out[1] = pattern, out[2] = pattern, out[3] = pattern;
            out[4] = pattern, out[5] = pattern, out[6] = pattern, out[7] = pattern;
            target += 8 * sizeof(word);
        }
        for (; size >= sizeof(word); size -= sizeof(word)) {
            *(word *)target = pattern;
            target += sizeof(word);
        }
    }
    while (size-- > 0) *target++ = (char)byte;
    return to;
}

void page_copy(void *to, const void *from) {
    const word *in = from;
    for (word *out = to, *end = out + PAGE_SIZE / sizeof(word); out < end; out += 32, in += 32) {
        copy_eight(out, in);
        copy_eight(out + 8, in + 8);
        copy_eight(out + 16, in + 16);
        copy_eight(out + 24, in + 24);
    }
}

void page_clear(void *page) {
    for (word *out = page, *end = out + PAGE_SIZE / sizeof(word); out < end; out += 16) {
        out[0] = 0, out[1] = 0, out[2] = 0, out[3] = 0;
        out[4] = 0, out[5] = 0, out[6] = 0, out[7] = 0;
        out[8] = 0, out[9] = 0, out[10] = 0, out[11] = 0;
        out[12] = 0, out[13] = 0, out[14] = 0, out[15] = 0;
    }
}

int memcmp(const void *a, const void *b, size_t size) {
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < size; i++)
        if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char *string) {
    const char *end = string;
    while (*end) end++;
    return (size_t)(end - string);
}

size_t strnlen(const char *string, size_t max) {
    size_t length = 0;
    while (length < max && string[length]) length++;
    return length;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

int strncmp(const char *a, const char *b, size_t max) {
    for (size_t i = 0; i < max; i++) {
        unsigned char left = (unsigned char)a[i], right = (unsigned char)b[i];
        if (left != right) return left < right ? -1 : 1;
        if (left == 0) break;
    }
    return 0;
}

char *strchr(const char *string, int c) {
    for (;; string++) {
        if (*string == (char)c) return (char *)string;
        if (*string == 0) return NULL;
    }
}

size_t string_copy(char *to, const char *from, size_t size) {
    size_t length = strlen(from);
    if (size > 0) {
        size_t copied = length < size ? length : size - 1;
        memcpy(to, from, copied);
        to[copied] = 0;
    }
    return length;
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 16;
}

bool string_to_number(const char *string, uint64_t *number) {
    uint64_t base = 10, value = 0;
    if (string[0] == '0' && string[1] == 'x') {
        base = 16;
        string += 2;
    }
    if (*string == 0) return false;
    for (; *string; string++) {
        uint64_t digit = (uint64_t)digit_value(*string);
        if (digit >= base || value > (UINT64_MAX - digit) / base) return false;
        value = value * base + digit;
    }
    *number = value;
    return true;
}
