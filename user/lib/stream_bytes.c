// SPDX-License-Identifier: MIT
// Bytes and texts through streams, and the streams' state.
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "stream.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// ---- Input -------------------------------------------------------------------------------------

// Moves buffered input to `to`.
static size_t take(FILE *stream, char *to, size_t size) {
    size = smaller(size, stream->end - stream->start);
    memcpy(to, stream->buffer + stream->start, size);
    stream->start += size;
    return size;
}

size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict stream) {
    size_t wanted, done = 0;
    if (__builtin_mul_overflow(size, count, &wanted)) {
        stream_fail(stream, EOVERFLOW);
        return 0;
    }
    while (done < wanted && stream_fill(stream) == 0)
        done += take(stream, (char *)to + done, wanted - done);
    return size > 0 ? done / size : 0;
}

int fgetc(FILE *stream) {
    if (stream->writing || stream->start == stream->end)
        if (stream_fill(stream) < 0) return EOF;
    return (unsigned char)stream->buffer[stream->start++];
}

int getchar(void) { return fgetc(stdin); }

int ungetc(int c, FILE *stream) {
    if (c == EOF || stream->writing || !stream->can_read) return EOF;
    if (stream->end == 0) stream->start = stream->end = STREAM_PUT_BACK;
    if (stream->start == 0) return EOF;
    stream->buffer[--stream->start] = (char)c;
    stream->at_end = false;
    return (unsigned char)c;
}

char *fgets(char *restrict line, int size, FILE *restrict stream) {
    size_t room = size > 0 ? (size_t)size - 1 : 0, length = 0;
    bool ended = false;
    if (size <= 0) return NULL;
    while (length < room && !ended && stream_fill(stream) == 0) {
        const char *from = stream->buffer + stream->start;
        size_t part = smaller(room - length, stream->end - stream->start);
        const char *newline = memchr(from, '\n', part);
        if (newline != NULL) part = (size_t)(newline - from) + 1;
        ended = newline != NULL;
        length += take(stream, line + length, part);
    }
    line[length] = '\0';
    bool failed = !ended && length < room && !stream->at_end;
    return failed || (length == 0 && room > 0) ? NULL : line;
}

// ---- Output ------------------------------------------------------------------------------------

size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict stream) {
    size_t wanted;
    if (__builtin_mul_overflow(size, count, &wanted)) {
        stream_fail(stream, EOVERFLOW);
        return 0;
    }
    if (wanted == 0) return 0;
    return stream_write(stream, from, wanted) < 0 ? 0 : count;
}

int fputc(int c, FILE *stream) {
    char byte = (char)c;
    return stream_write(stream, &byte, 1) < 0 ? EOF : (unsigned char)byte;
}

int putchar(int c) { return fputc(c, stdout); }

int fputs(const char *restrict text, FILE *restrict stream) {
    return stream_write(stream, text, strlen(text)) < 0 ? EOF : 1;
}

int puts(const char *text) { return printf("%s\n", text) < 0 ? EOF : 1; }

// ---- State -------------------------------------------------------------------------------------

int fileno(FILE *stream) { return stream->descriptor; }

int feof(FILE *stream) { return stream->at_end; }

int ferror(FILE *stream) { return stream->error != 0; }

void clearerr(FILE *stream) {
    stream->error = 0;
    stream->at_end = false;
}

int fseek(FILE *stream, long offset, int whence) {
    if (stream_settle(stream) < 0) return -1;
    if (lseek(stream->descriptor, offset, whence) < 0) return -1;
    stream->start = stream->end = 0;
    stream->writing = stream->at_end = false;
    return 0;
}

// Input that was read ahead does not count; output is written first, because only then a file that
// is appended to says where.
long ftell(FILE *stream) {
    if (stream->writing && stream_settle(stream) < 0) return -1;
    off_t offset = lseek(stream->descriptor, 0, SEEK_CUR);
    return offset < 0 || stream->writing ? offset : offset - (off_t)(stream->end - stream->start);
}

void rewind(FILE *stream) {
    fseek(stream, 0, SEEK_SET);
    clearerr(stream);
}
