// SPDX-License-Identifier: MIT
// xv6-riscv's user library where it differs from C's in its types, on capv6's.
#include "xv6.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xv6_memmove(void *to, const void *from, int size) {
    return size > 0 ? memmove(to, from, (size_t)size) : to;
}

char *xv6_strchr(const char *text, char c) { return c ? strchr(text, c) : NULL; }

uint32_t xv6_strlen(const char *text) { return (uint32_t)strlen(text); }

void *xv6_memset(void *memory, int byte, uint32_t size) { return memset(memory, byte, size); }

int xv6_memcmp(const void *a, const void *b, uint32_t size) { return memcmp(a, b, size); }

void *xv6_memcpy(void *to, const void *from, uint32_t size) { return memcpy(to, from, size); }

void *xv6_malloc(uint32_t size) { return malloc(size); }

void xv6_fprintf(int descriptor, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vdprintf(descriptor, format, arguments);
    va_end(arguments);
}

void xv6_printf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vdprintf(1, format, arguments);
    va_end(arguments);
}

// A line of standard input, with its newline if there was one.
char *xv6_gets(char *buffer, int max) {
    int length = 0;
    char c;
    while (length + 1 < max && xv6_read(0, &c, 1) == 1) {
        buffer[length++] = c;
        if (c == '\n' || c == '\r') break;
    }
    if (max > 0) buffer[length] = 0;
    return buffer;
}
