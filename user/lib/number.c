// SPDX-License-Identifier: MIT
// Text to numbers.
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

struct parsed_number {
    unsigned long magnitude;
    bool negative;
    bool overflow;
    bool any; // there was at least one digit
};

static int digit_value(char c) {
    if (isdigit(c)) return c - '0';
    return isalpha(c) ? tolower(c) - 'a' + 10 : INT_MAX;
}

// Reads a base's prefix, 0x only if a hexadecimal digit follows.
static const char *parse_base(const char *text, int *base) {
    bool hexadecimal = text[0] == '0' && tolower(text[1]) == 'x' && isxdigit(text[2]);
    if (hexadecimal && (*base == 0 || *base == 16)) {
        *base = 16;
        return text + 2;
    }
    if (*base == 0) *base = text[0] == '0' ? 8 : 10;
    return text;
}

// Returns the first character behind the number.
static const char *parse_number(const char *text, int base, struct parsed_number *number) {
    *number = (struct parsed_number){0};
    while (isspace(*text)) text++;
    number->negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    text = parse_base(text, &base);
    for (; digit_value(*text) < base; text++) {
        unsigned long digit = (unsigned long)digit_value(*text);
        number->any = true;
        if (__builtin_mul_overflow(number->magnitude, (unsigned long)base, &number->magnitude) ||
            __builtin_add_overflow(number->magnitude, digit, &number->magnitude))
            number->overflow = true;
    }
    return text;
}

static bool base_is_valid(int base) { return base == 0 || (base >= 2 && base <= 36); }

unsigned long strtoul(const char *restrict text, char **restrict end, int base) {
    struct parsed_number number = {0};
    const char *stop = text;
    if (base_is_valid(base))
        stop = parse_number(text, base, &number);
    else
        errno = EINVAL;
    if (end != NULL) *end = (char *)(number.any ? stop : text);
    if (number.overflow) {
        errno = ERANGE;
        return ULONG_MAX;
    }
    return number.negative ? 0 - number.magnitude : number.magnitude;
}

long strtol(const char *restrict text, char **restrict end, int base) {
    struct parsed_number number = {0};
    const char *stop = text;
    if (base_is_valid(base))
        stop = parse_number(text, base, &number);
    else
        errno = EINVAL;
    if (end != NULL) *end = (char *)(number.any ? stop : text);
    unsigned long limit = (unsigned long)LONG_MAX + number.negative;
    if (number.overflow || number.magnitude > limit) {
        errno = ERANGE;
        return number.negative ? LONG_MIN : LONG_MAX;
    }
    return (long)(number.negative ? 0 - number.magnitude : number.magnitude);
}

int atoi(const char *text) { return (int)strtol(text, NULL, 10); }
