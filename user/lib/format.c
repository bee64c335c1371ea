// SPDX-License-Identifier: MIT
// The formatter behind the printf family: parses one conversion at a time into a small structure,
// then lays it out.
#include "format.h"
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct conversion {
    bool left;
    bool zero;
    bool plus;
    bool space;
    bool alternate;
    int width;
    int precision; // -1: none given
    int size;      // bytes of an integer argument
    char kind;
};

// A number needs at most its 22 octal digits.
#define DIGITS_MAX 24

static void format_character(struct format_sink *sink, char c) {
    sink->total++;
    if (sink->used == sink->size && sink->flush != NULL) sink->flush(sink);
    if (sink->used < sink->size) sink->buffer[sink->used++] = c;
}

void format_text(struct format_sink *sink, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) format_character(sink, text[i]);
}

static void format_fill(struct format_sink *sink, char c, int count) {
    for (; count > 0; count--) format_character(sink, c);
}

static void format_padded(struct format_sink *sink, const struct conversion *conversion,
                          const char *text, size_t size) {
    int fill = size < (size_t)conversion->width ? conversion->width - (int)size : 0;
    if (!conversion->left) format_fill(sink, ' ', fill);
    format_text(sink, text, size);
    if (conversion->left) format_fill(sink, ' ', fill);
}

static void format_string(struct format_sink *sink, const struct conversion *conversion,
                          const char *text) {
    if (text == NULL) text = "(null)";
    size_t max = conversion->precision < 0 ? SIZE_MAX : (size_t)conversion->precision;
    format_padded(sink, conversion, text, strnlen(text, max));
}

// Writes the digits so that they end at `end`; returns how many.
static int format_digits(char *end, uint64_t value, unsigned base, bool upper) {
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int count = 0;
    for (; value > 0; value /= base) {
        *--end = digits[value % base];
        count++;
    }
    return count;
}

static void format_number(struct format_sink *sink, const struct conversion *conversion,
                          uint64_t value, unsigned base, const char *prefix) {
    char buffer[DIGITS_MAX];
    int digits = format_digits(buffer + DIGITS_MAX, value, base, conversion->kind == 'X');
    int prefix_length = (int)strlen(prefix);
    int zeros = 0;
    if (conversion->precision >= 0)
        zeros = conversion->precision - digits;
    else if (digits == 0)
        zeros = 1;
    if (zeros < 0) zeros = 0;
    if (conversion->kind == 'o' && conversion->alternate && zeros == 0) zeros = 1;
    int fill = conversion->width - prefix_length - digits - zeros;
    if (fill > 0 && conversion->zero && !conversion->left && conversion->precision < 0) {
        zeros += fill;
        fill = 0;
    }
    if (!conversion->left) format_fill(sink, ' ', fill);
    format_text(sink, prefix, (size_t)prefix_length);
    format_fill(sink, '0', zeros);
    format_text(sink, buffer + DIGITS_MAX - digits, (size_t)digits);
    if (conversion->left) format_fill(sink, ' ', fill);
}

static void format_signed(struct format_sink *sink, const struct conversion *conversion,
                          int64_t value) {
    const char *sign = value < 0 ? "-" : conversion->plus ? "+" : conversion->space ? " " : "";
    format_number(sink, conversion, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, sign);
}

static void format_unsigned(struct format_sink *sink, const struct conversion *conversion,
                            uint64_t value) {
    unsigned base = conversion->kind == 'u' ? 10 : conversion->kind == 'o' ? 8 : 16;
    const char *prefix = "";
    if (base == 16 && conversion->alternate && value != 0)
        prefix = conversion->kind == 'X' ? "0X" : "0x";
    format_number(sink, conversion, value, base, prefix);
}

static const char *parse_flags(const char *format, struct conversion *conversion) {
    for (;; format++) {
        if (*format == '-')
            conversion->left = true;
        else if (*format == '0')
            conversion->zero = true;
        else if (*format == '+')
            conversion->plus = true;
        else if (*format == ' ')
            conversion->space = true;
        else if (*format == '#')
            conversion->alternate = true;
        else
            return format;
    }
}

static const char *parse_count(const char *format, int *count) {
    *count = 0;
    for (; isdigit(*format); format++)
        if (*count < INT_MAX / 16) *count = *count * 10 + *format - '0';
    return format;
}

static const char *parse_size(const char *format, struct conversion *conversion) {
    conversion->size = sizeof(int);
    for (;; format++) {
        if (*format == 'h')
            conversion->size /= 2;
        else if (*format == 'l' || *format == 'z' || *format == 'j' || *format == 't')
            conversion->size = 8;
        else
            return format;
    }
}

// va_list may be an array type, so it travels inside a structure.
struct argument_list {
    va_list next;
};

static const char *parse_conversion(const char *format, struct conversion *conversion,
                                    struct argument_list *arguments) {
    *conversion = (struct conversion){.precision = -1};
    format = parse_flags(format, conversion);
    if (*format == '*') {
        conversion->width = va_arg(arguments->next, int);
        format++;
    } else {
        format = parse_count(format, &conversion->width);
    }
    if (conversion->width < 0) {
        conversion->left = true;
        conversion->width = conversion->width == INT_MIN ? INT_MAX : -conversion->width;
    }
    if (*format == '.' && *++format == '*') {
        conversion->precision = va_arg(arguments->next, int);
        format++;
    } else if (format[-1] == '.') {
        format = parse_count(format, &conversion->precision);
    }
    format = parse_size(format, conversion);
    conversion->kind = *format;
    return format;
}

static int64_t signed_argument(int size, struct argument_list *arguments) {
    if (size >= 8) return va_arg(arguments->next, int64_t);
    int value = va_arg(arguments->next, int);
    return size == 4 ? value : size == 2 ? (int16_t)value : (int8_t)value;
}

static uint64_t unsigned_argument(int size, struct argument_list *arguments) {
    if (size >= 8) return va_arg(arguments->next, uint64_t);
    unsigned value = va_arg(arguments->next, unsigned);
    return size == 4 ? value : size == 2 ? (uint16_t)value : (uint8_t)value;
}

static void format_conversion(struct format_sink *sink, struct conversion *conversion,
                              struct argument_list *arguments) {
    switch (conversion->kind) {
    case 'd':
    case 'i': format_signed(sink, conversion, signed_argument(conversion->size, arguments)); break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        format_unsigned(sink, conversion, unsigned_argument(conversion->size, arguments));
        break;
    case 'p':
        format_number(sink, conversion, (uint64_t)va_arg(arguments->next, void *), 16, "0x");
        break;
    case 'c': {
        char c = (char)va_arg(arguments->next, int);
        format_padded(sink, conversion, &c, 1);
        break;
    }
    case 's': format_string(sink, conversion, va_arg(arguments->next, const char *)); break;
    default:
        // An unknown conversion, or %%, prints itself.
        if (conversion->kind != '%') format_character(sink, '%');
        format_character(sink, conversion->kind);
    }
}

void format_arguments(struct format_sink *sink, const char *format, va_list arguments) {
    struct argument_list list;
    va_copy(list.next, arguments);
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            format_character(sink, *format);
            continue;
        }
        struct conversion conversion;
        format = parse_conversion(format + 1, &conversion, &list);
        if (conversion.kind == '\0') break;
        format_conversion(sink, &conversion, &list);
    }
    va_end(list.next);
}
