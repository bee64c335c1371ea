// SPDX-License-Identifier: MIT
// Formatted output. Pure functions; no lock.

#include "lib/print.h"
#include "abi/errno.h"
#include "lib/string.h"

struct output {
    char *buffer;
    size_t size;
    size_t length; // what the whole text needs
};

struct conversion {
    bool left;
    bool zero;
    int width;
    int precision; // -1: none
    int longs;     // l, ll and z
};

static void put(struct output *out, char c) {
    if (out->length + 1 < out->size) out->buffer[out->length] = c;
    out->length++;
}

static void put_padded(struct output *out, const char *text, int length,
                       const struct conversion *how) {
    int padding = how->width - length;
    for (; !how->left && padding > 0; padding--) put(out, how->zero ? '0' : ' ');
    for (int i = 0; i < length; i++) put(out, text[i]);
    for (; padding > 0; padding--) put(out, ' ');
}

static void put_number(struct output *out, uint64_t value, uint64_t base, bool negative,
                       struct conversion *how) {
    char digits[24];
    int start = sizeof(digits);
    do {
        digits[--start] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    if (negative && how->zero && how->width > 0) {
        put(out, '-');
        how->width--;
    } else if (negative) {
        digits[--start] = '-';
    }
    put_padded(out, digits + start, (int)sizeof(digits) - start, how);
}

static const char *parse_conversion(const char *format, struct conversion *how) {
    *how = (struct conversion){.precision = -1};
    for (;; format++) {
        if (*format == '-')
            how->left = true;
        else if (*format == '0')
            how->zero = true;
        else
            break;
    }
    while (*format >= '0' && *format <= '9') how->width = how->width * 10 + (*format++ - '0');
    if (*format == '.') {
        how->precision = 0;
        while (*++format >= '0' && *format <= '9')
            how->precision = how->precision * 10 + (*format - '0');
    }
    for (; *format == 'l' || *format == 'z'; format++) how->longs++;
    return format;
}

static void put_string(struct output *out, const char *text, struct conversion *how) {
    if (!text) text = "(null)";
    size_t max = how->precision >= 0 ? (size_t)how->precision : SIZE_MAX;
    how->zero = false;
    put_padded(out, text, (int)strnlen(text, max), how);
}

static void put_conversion(struct output *out, char kind, struct conversion *how,
                           va_list *arguments) {
    switch (kind) {
    case 'd':
    case 'i': {
        int64_t value = how->longs ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
        put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, how);
        return;
    }
    case 'u':
    case 'x': {
        uint64_t value = how->longs ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);
        put_number(out, value, kind == 'x' ? 16 : 10, false, how);
        return;
    }
    case 'p':
        put(out, '0');
        put(out, 'x');
        put_number(out, (uint64_t)va_arg(*arguments, void *), 16, false, how);
        return;
    case 's': put_string(out, va_arg(*arguments, const char *), how); return;
    case 'c': put(out, (char)va_arg(*arguments, int)); return;
    default:
        put(out, '%');
        if (kind != '%' && kind != 0) put(out, kind);
    }
}

int format_string_va(char *buffer, size_t size, const char *format, va_list arguments) {
    struct output out = {buffer, size, 0};
    struct conversion how;
    va_list copy;
    va_copy(copy, arguments);
    for (; *format; format++) {
        if (*format != '%') {
            put(&out, *format);
            continue;
        }
        format = parse_conversion(format + 1, &how);
        put_conversion(&out, *format, &how, &copy);
        if (*format == 0) break;
    }
    va_end(copy);
    if (size > 0) buffer[out.length < size ? out.length : size - 1] = 0;
    return (int)out.length;
}

int format_string(char *buffer, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = format_string_va(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

const char *error_text(int error) {
#define ERROR_CASE(name, number, text)                                                             \
    case number: return text;
    switch (error < 0 ? -error : error) {
        ERROR_LIST(ERROR_CASE)
    default: return "unknown error";
    }
#undef ERROR_CASE
}
