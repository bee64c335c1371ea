// SPDX-License-Identifier: MIT
// The printf family over streams, descriptors and buffers. A call collects its text in a line-sized
// buffer on the stack, so that on a descriptor, or a stream without a buffer, one call is normally
// one write().
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "format.h"
#include "stream.h"

#define LINE_BUFFER 512

static void write_to_descriptor(struct format_sink *sink) {
    if (!sink->failed && write_all(sink->descriptor, sink->buffer, sink->used) < 0)
        sink->failed = 1;
    sink->used = 0;
}

static void write_to_stream(struct format_sink *sink) {
    if (!sink->failed && stream_write(sink->stream, sink->buffer, sink->used) < 0) sink->failed = 1;
    sink->used = 0;
}

static int sink_finish(struct format_sink *sink) {
    sink->flush(sink);
    return sink->failed || sink->total > INT_MAX ? EOF : (int)sink->total;
}

int vdprintf(int descriptor, const char *restrict format, va_list arguments) {
    char buffer[LINE_BUFFER];
    struct format_sink sink = {.buffer = buffer,
                               .size = LINE_BUFFER,
                               .flush = write_to_descriptor,
                               .descriptor = descriptor};
    format_arguments(&sink, format, arguments);
    return sink_finish(&sink);
}

int vfprintf(FILE *restrict stream, const char *restrict format, va_list arguments) {
    char buffer[LINE_BUFFER];
    struct format_sink sink = {
        .buffer = buffer, .size = LINE_BUFFER, .flush = write_to_stream, .stream = stream};
    library_lock_acquire(&stream->lock);
    format_arguments(&sink, format, arguments);
    int result = sink_finish(&sink);
    library_lock_release(&stream->lock);
    return result;
}

int vsnprintf(char *restrict buffer, size_t size, const char *restrict format, va_list arguments) {
    struct format_sink sink = {.buffer = buffer, .size = size > 0 ? size - 1 : 0};
    format_arguments(&sink, format, arguments);
    if (size > 0) buffer[sink.used] = '\0';
    return sink.total > INT_MAX ? EOF : (int)sink.total;
}

int vprintf(const char *restrict format, va_list arguments) {
    return vfprintf(stdout, format, arguments);
}

int printf(const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vfprintf(stdout, format, arguments);
    va_end(arguments);
    return result;
}

int fprintf(FILE *restrict stream, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vfprintf(stream, format, arguments);
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
