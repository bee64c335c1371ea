// SPDX-License-Identifier: MIT
// Formatted output. Nothing is buffered between calls: each call is one write() unless its text
// is longer than a line buffer, so that the lines of several processes do not mix.
#pragma once

#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)

typedef struct {
    int descriptor;
} FILE;

extern FILE stdio_streams[3];
#define stdin  (&stdio_streams[0])
#define stdout (&stdio_streams[1])
#define stderr (&stdio_streams[2])

// %d %i %u %x %X %o %c %s %p %%, with flags - 0 + # and space, width, precision (both also as *),
// and the sizes hh h l ll j z t. There is no floating point.
int printf(const char *restrict format, ...) __attribute__((format(__printf__, 1, 2)));
int fprintf(FILE *restrict stream, const char *restrict format, ...)
    __attribute__((format(__printf__, 2, 3)));
int dprintf(int descriptor, const char *restrict format, ...)
    __attribute__((format(__printf__, 2, 3)));
int snprintf(char *restrict buffer, size_t size, const char *restrict format, ...)
    __attribute__((format(__printf__, 3, 4)));
int vprintf(const char *restrict format, va_list arguments);
int vfprintf(FILE *restrict stream, const char *restrict format, va_list arguments);
int vdprintf(int descriptor, const char *restrict format, va_list arguments);
int vsnprintf(char *restrict buffer, size_t size, const char *restrict format, va_list arguments);

int puts(const char *text);
int fputs(const char *restrict text, FILE *restrict stream);
int putchar(int c);
int fputc(int c, FILE *stream);

int rename(const char *old, const char *new);
int remove(const char *path);

// Prints "TEXT: " and what errno means to standard error.
void perror(const char *text);
