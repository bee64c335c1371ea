// SPDX-License-Identifier: MIT
// Characters, lines and blocks of streams. Each call holds the stream's lock from start to end, so
// that what several threads read or write at once is not mixed.
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stream.h"

#define FIRST_LINE 128

// ---- Reading -----------------------------------------------------------------------------------

// The bytes that can be had without waiting; if there are none, waits for some. 0 at the end, -1
// after an error.
static ssize_t available(struct stream *stream) {
    if (stream_begin_reading(stream) < 0) return -1;
    if (stream->start == stream->end) return stream_fill(stream);
    return (ssize_t)(stream->end - stream->start);
}

static size_t take(struct stream *stream, char *data, size_t size) {
    memcpy(data, stream->buffer + stream->start, size);
    stream->start += size;
    return size;
}

size_t fread(void *restrict data, size_t size, size_t count, FILE *restrict stream) {
    size_t total, done = 0;
    if (size == 0 || count == 0) return 0;
    if (__builtin_mul_overflow(size, count, &total)) total = SIZE_MAX;
    library_lock_acquire(&stream->lock);
    while (done < total) {
        ssize_t ready = available(stream);
        if (ready <= 0) break;
        size_t part = (size_t)ready < total - done ? (size_t)ready : total - done;
        done += take(stream, (char *)data + done, part);
    }
    library_lock_release(&stream->lock);
    return done / size;
}

int fgetc(FILE *stream) {
    library_lock_acquire(&stream->lock);
    int c = available(stream) > 0 ? (unsigned char)stream->buffer[stream->start++] : EOF;
    library_lock_release(&stream->lock);
    return c;
}

int getchar(void) { return fgetc(stdin); }

int ungetc(int c, FILE *stream) {
    if (c == EOF) return EOF;
    library_lock_acquire(&stream->lock);
    bool fits = stream_begin_reading(stream) == 0 && stream->start > 0;
    if (fits) {
        stream->buffer[--stream->start] = (char)c;
        stream->at_end = false;
    }
    library_lock_release(&stream->lock);
    return fits ? (unsigned char)c : EOF;
}

// The next part of the line, `room` bytes of it at most: as available().
static ssize_t available_of_line(struct stream *stream, size_t room) {
    ssize_t ready = available(stream);
    if (ready <= 0) return ready;
    if ((size_t)ready > room) ready = (ssize_t)room;
    const char *start = stream->buffer + stream->start;
    const char *newline = memchr(start, '\n', (size_t)ready);
    return newline != NULL ? newline + 1 - start : ready;
}

char *fgets(char *restrict line, int size, FILE *restrict stream) {
    size_t used = 0;
    ssize_t part = 0;
    if (size <= 0) return NULL;
    library_lock_acquire(&stream->lock);
    while (used + 1 < (size_t)size && (used == 0 || line[used - 1] != '\n')) {
        part = available_of_line(stream, (size_t)size - 1 - used);
        if (part <= 0) break;
        used += take(stream, line + used, (size_t)part);
    }
    line[used] = '\0';
    library_lock_release(&stream->lock);
    return part < 0 || (used == 0 && size > 1) ? NULL : line;
}

// Makes room for `more` bytes and a zero.
static int grow_line(char **line, size_t *capacity, size_t used, size_t more) {
    if (*line != NULL && *capacity > used + more) return 0;
    size_t wanted = used + more + 1 > FIRST_LINE ? used + more + 1 : FIRST_LINE;
    if (wanted < 2 * used) wanted = 2 * used;
    char *grown = realloc(*line, wanted);
    if (grown == NULL) return -1;
    *line = grown;
    *capacity = wanted;
    return 0;
}

ssize_t getline(char **restrict line, size_t *restrict capacity, FILE *restrict stream) {
    size_t used = 0;
    ssize_t part = 0;
    library_lock_acquire(&stream->lock);
    while (used == 0 || (*line)[used - 1] != '\n') {
        part = available_of_line(stream, SIZE_MAX / 2);
        if (part > 0 && grow_line(line, capacity, used, (size_t)part) < 0) part = -1;
        if (part <= 0) break;
        used += take(stream, *line + used, (size_t)part);
        (*line)[used] = '\0';
    }
    library_lock_release(&stream->lock);
    return part < 0 || used == 0 ? -1 : (ssize_t)used;
}

// ---- Writing -----------------------------------------------------------------------------------

size_t fwrite(const void *restrict data, size_t size, size_t count, FILE *restrict stream) {
    size_t total;
    if (size == 0 || count == 0) return 0;
    if (__builtin_mul_overflow(size, count, &total)) {
        errno = EINVAL;
        return 0;
    }
    library_lock_acquire(&stream->lock);
    int result = stream_write(stream, data, total);
    library_lock_release(&stream->lock);
    return result < 0 ? 0 : count;
}

int fputs(const char *restrict text, FILE *restrict stream) {
    library_lock_acquire(&stream->lock);
    int result = stream_write(stream, text, strlen(text));
    library_lock_release(&stream->lock);
    return result < 0 ? EOF : 1;
}

int puts(const char *text) {
    library_lock_acquire(&stdout->lock);
    int result = stream_write(stdout, text, strlen(text));
    if (result == 0) result = stream_write(stdout, "\n", 1);
    library_lock_release(&stdout->lock);
    return result < 0 ? EOF : 1;
}

int fputc(int c, FILE *stream) {
    char byte = (char)c;
    library_lock_acquire(&stream->lock);
    int result = stream_write(stream, &byte, 1);
    library_lock_release(&stream->lock);
    return result < 0 ? EOF : (unsigned char)byte;
}

int putchar(int c) { return fputc(c, stdout); }
