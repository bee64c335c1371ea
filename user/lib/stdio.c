// SPDX-License-Identifier: MIT
// The printf family over descriptors and buffers. A call collects its text in a line-sized buffer
// on the stack, so that one call is normally one write().
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "format.h"

#define LINE_BUFFER 512

FILE stdio_streams[3] = {{0}, {1}, {2}};

static void sink_flush(struct format_sink *sink) {
    if (!sink->failed && write_all(sink->descriptor, sink->buffer, sink->used) < 0)
        sink->failed = 1;
    sink->used = 0;
}

static int sink_finish(struct format_sink *sink) {
    sink_flush(sink);
    return sink->failed || sink->total > INT_MAX ? EOF : (int)sink->total;
}

int vdprintf(int descriptor, const char *restrict format, va_list arguments) {
    char buffer[LINE_BUFFER];
    struct format_sink sink = {
        .buffer = buffer, .size = LINE_BUFFER, .flush = sink_flush, .descriptor = descriptor};
    format_arguments(&sink, format, arguments);
    return sink_finish(&sink);
}

int vsnprintf(char *restrict buffer, size_t size, const char *restrict format, va_list arguments) {
    struct format_sink sink = {.buffer = buffer, .size = size > 0 ? size - 1 : 0};
    format_arguments(&sink, format, arguments);
    if (size > 0) buffer[sink.used] = '\0';
    return sink.total > INT_MAX ? EOF : (int)sink.total;
}

int vprintf(const char *restrict format, va_list arguments) {
    return vdprintf(STDOUT_FILENO, format, arguments);
}

int vfprintf(FILE *restrict stream, const char *restrict format, va_list arguments) {
    return vdprintf(stream->descriptor, format, arguments);
}

int printf(const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vdprintf(STDOUT_FILENO, format, arguments);
    va_end(arguments);
    return result;
}

int fprintf(FILE *restrict stream, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vdprintf(stream->descriptor, format, arguments);
    va_end(arguments);
    return result;
}

int dprintf(int descriptor, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vdprintf(descriptor, format, arguments);
    va_end(arguments);
    return result;
}

int snprintf(char *restrict buffer, size_t size, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return result;
}

int fputs(const char *restrict text, FILE *restrict stream) {
    return write_all(stream->descriptor, text, strlen(text)) < 0 ? EOF : 1;
}

int puts(const char *text) { return printf("%s\n", text) < 0 ? EOF : 1; }

int fputc(int c, FILE *stream) {
    char byte = (char)c;
    return write_all(stream->descriptor, &byte, 1) < 0 ? EOF : (unsigned char)byte;
}

int putchar(int c) { return fputc(c, stdout); }
