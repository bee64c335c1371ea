// SPDX-License-Identifier: MIT
// Streams as a whole: opening, closing, positions, buffering, the end of the program.
// list_lock guards the list of open streams and is taken before a stream's own.
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "program.h"
#include "stream.h"

static char input_buffer[UNGET_ROOM + BUFSIZ], output_buffer[UNGET_ROOM + BUFSIZ];

struct stream stdio_error = {.descriptor = STDERR_FILENO, .writable = true, .buffering = _IONBF};
struct stream stdio_output = {.descriptor = STDOUT_FILENO,
                              .writable = true,
                              .buffer = output_buffer,
                              .size = sizeof(output_buffer),
                              .next = &stdio_error};
struct stream stdio_input = {.descriptor = STDIN_FILENO,
                             .readable = true,
                             .buffer = input_buffer,
                             .size = sizeof(input_buffer),
                             .next = &stdio_output};

static library_lock list_lock;
static struct stream *open_streams = &stdio_input;

// ---- Opening and closing -----------------------------------------------------------------------

// The flags for open(), or -1 with errno EINVAL.
static int parse_mode(const char *mode) {
    int flags;
    switch (*mode) {
    case 'r': flags = O_RDONLY; break;
    case 'w': flags = O_WRONLY | O_CREAT | O_TRUNC; break;
    case 'a': flags = O_WRONLY | O_CREAT | O_APPEND; break;
    default: errno = EINVAL; return -1;
    }
    while (*++mode != '\0') {
        if (*mode == '+')
            flags = (flags & ~O_ACCMODE) | O_RDWR;
        else if (*mode == 'x')
            flags |= O_EXCL;
        else if (*mode == 'e')
            flags |= O_CLOEXEC;
        else if (*mode != 'b') {
            errno = EINVAL;
            return -1;
        }
    }
    return flags;
}

static FILE *stream_create(int flags) {
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) return NULL;
    stream->is_allocated = true;
    stream->readable = (flags & O_ACCMODE) != O_WRONLY;
    stream->writable = (flags & O_ACCMODE) != O_RDONLY;
    return stream;
}

static void list_insert(struct stream *stream) {
    library_lock_acquire(&list_lock);
    stream->next = open_streams;
    open_streams = stream;
    library_lock_release(&list_lock);
}

static void list_remove(struct stream *stream) {
    library_lock_acquire(&list_lock);
    struct stream **link = &open_streams;
    while (*link != NULL && *link != stream) link = &(*link)->next;
    if (*link == stream) *link = stream->next;
    library_lock_release(&list_lock);
}

FILE *fdopen(int descriptor, const char *mode) {
    int flags = parse_mode(mode);
    FILE *stream = flags < 0 ? NULL : stream_create(flags);
    if (stream == NULL) return NULL;
    stream->descriptor = descriptor;
    list_insert(stream);
    return stream;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
    int flags = parse_mode(mode);
    FILE *stream = flags < 0 ? NULL : stream_create(flags);
    if (stream == NULL) return NULL;
    stream->descriptor = open(path, flags);
    if (stream->descriptor < 0) {
        free(stream);
        return NULL;
    }
    list_insert(stream);
    return stream;
}

int fclose(FILE *stream) {
    list_remove(stream);
    library_lock_acquire(&stream->lock);
    int result = stream_synchronize(stream);
    int error = errno;
    if (close(stream->descriptor) < 0)
        result = -1;
    else
        errno = error;
    library_lock_release(&stream->lock);
    if (stream->owns_buffer) free(stream->buffer);
    if (stream->is_allocated) free(stream);
    return result < 0 ? EOF : 0;
}

// ---- Buffers -----------------------------------------------------------------------------------

int fflush(FILE *stream) {
    int result = 0;
    if (stream != NULL) {
        library_lock_acquire(&stream->lock);
        result = stream_synchronize(stream);
        library_lock_release(&stream->lock);
        return result < 0 ? EOF : 0;
    }
    library_lock_acquire(&list_lock);
    for (stream = open_streams; stream != NULL; stream = stream->next)
        if (stream->state == STREAM_WRITING && fflush(stream) == EOF) result = EOF;
    library_lock_release(&list_lock);
    return result;
}

int setvbuf(FILE *restrict stream, char *restrict buffer, int mode, size_t size) {
    (void)buffer, (void)size;
    if (mode != _IOFBF && mode != _IOLBF && mode != _IONBF) {
        errno = EINVAL;
        return -1;
    }
    library_lock_acquire(&stream->lock);
    int result = stream_synchronize(stream);
    stream->buffering = mode;
    if (mode == _IONBF || stream->buffer == stream->small) {
        if (stream->owns_buffer) free(stream->buffer);
        stream->owns_buffer = false;
        stream->buffer = NULL;
    }
    library_lock_release(&stream->lock);
    return result;
}

int stdio_finish(int status) {
    for (struct stream *stream = open_streams; stream != NULL; stream = stream->next) {
        // A thread that waits inside a stream must not keep the others from ending the program.
        if (!library_lock_try(&stream->lock)) continue;
        if (stream->state == STREAM_WRITING) stream_synchronize(stream);
        library_lock_release(&stream->lock);
    }
    if (stdout->error == 0 || status != 0) return status;
    // Whoever reads a pipe and goes away has seen enough, which is nothing to complain about.
    if (stdout->error != EPIPE)
        dprintf(STDERR_FILENO, "%s: standard output: %s\n", getprogname(), strerror(stdout->error));
    return 1;
}

// ---- Positions and states ----------------------------------------------------------------------

int fseek(FILE *stream, long offset, int whence) {
    library_lock_acquire(&stream->lock);
    int result = stream_synchronize(stream);
    if (result == 0 && lseek(stream->descriptor, offset, whence) < 0) result = -1;
    if (result == 0) stream->at_end = false;
    library_lock_release(&stream->lock);
    return result;
}

long ftell(FILE *stream) {
    library_lock_acquire(&stream->lock);
    off_t position = lseek(stream->descriptor, 0, SEEK_CUR);
    off_t pending = (off_t)(stream->end - stream->start);
    if (position >= 0 && stream->state == STREAM_READING) position -= pending;
    if (position >= 0 && stream->state == STREAM_WRITING) position += pending;
    library_lock_release(&stream->lock);
    return position;
}

void rewind(FILE *stream) {
    fseek(stream, 0, SEEK_SET);
    clearerr(stream);
}

int feof(FILE *stream) { return stream->at_end; }

int ferror(FILE *stream) { return stream->error; }

void clearerr(FILE *stream) {
    stream->at_end = false;
    stream->error = 0;
}

int fileno(FILE *stream) { return stream->descriptor; }
