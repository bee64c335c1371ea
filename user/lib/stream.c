// SPDX-License-Identifier: MIT
// The buffers of streams: filling, writing, changing between the two. The stream's lock is held.
#include "stream.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "program.h"

static int fail(struct stream *stream, int error) {
    errno = stream->error = error;
    return -1;
}

// Lines are wanted at once where somebody looks at them. Who may not ask what the descriptor is
// could be writing to a console, too.
static void choose_buffering(struct stream *stream) {
    if (stream->buffering != 0) return;
    int before = errno;
    bool lines = isatty(stream->descriptor) || errno == ENOTCAPABLE;
    stream->buffering = lines ? _IOLBF : _IOFBF;
    errno = before;
}

// Without memory a stream works all the same, a byte at a time.
static void prepare_buffer(struct stream *stream) {
    if (stream->buffer == NULL && stream->buffering != _IONBF) {
        stream->size = UNGET_ROOM + BUFSIZ;
        stream->buffer = malloc(stream->size);
        stream->owns_buffer = stream->buffer != NULL;
    }
    if (stream->buffer == NULL) {
        stream->buffer = stream->small;
        stream->size = sizeof(stream->small);
    }
    stream->start = stream->end = UNGET_ROOM;
}

static int write_out(struct stream *stream, const void *data, size_t size) {
    return write_all(stream->descriptor, data, size) < 0 ? fail(stream, errno) : 0;
}

static int write_buffer(struct stream *stream) {
    size_t start = stream->start, end = stream->end;
    stream->start = stream->end = UNGET_ROOM;
    return write_out(stream, stream->buffer + start, end - start);
}

// A pipe cannot take anything back; what was read ahead of it is lost, as everywhere.
static int give_back(struct stream *stream) {
    off_t unread = (off_t)(stream->end - stream->start);
    stream->start = stream->end = UNGET_ROOM;
    stream->at_end = false;
    if (unread == 0 || lseek(stream->descriptor, -unread, SEEK_CUR) >= 0) return 0;
    return errno == ESPIPE ? 0 : fail(stream, errno);
}

int stream_synchronize(struct stream *stream) {
    enum stream_state state = stream->state;
    stream->state = STREAM_IDLE;
    if (state == STREAM_WRITING) return write_buffer(stream);
    return state == STREAM_READING ? give_back(stream) : 0;
}

int stream_begin_reading(struct stream *stream) {
    if (stream->state == STREAM_READING) return 0;
    if (!stream->readable) return fail(stream, EBADF);
    if (stream_synchronize(stream) < 0) return -1;
    prepare_buffer(stream);
    stream->state = STREAM_READING;
    return 0;
}

int stream_begin_writing(struct stream *stream) {
    if (stream->state == STREAM_WRITING) return 0;
    if (!stream->writable) return fail(stream, EBADF);
    if (stream_synchronize(stream) < 0) return -1;
    choose_buffering(stream);
    prepare_buffer(stream);
    stream->state = STREAM_WRITING;
    program_finish = stdio_finish;
    return 0;
}

ssize_t stream_fill(struct stream *stream) {
    if (stream->at_end) return 0;
    if (stdout->buffering == _IOLBF) fflush(stdout); // a question, before its answer is awaited
    ssize_t size = read(stream->descriptor, stream->buffer + UNGET_ROOM, stream->size - UNGET_ROOM);
    if (size < 0) return fail(stream, errno);
    stream->at_end = size == 0;
    stream->start = UNGET_ROOM;
    stream->end = UNGET_ROOM + (size_t)size;
    return size;
}

int stream_write(struct stream *stream, const void *data, size_t size) {
    if (stream_begin_writing(stream) < 0) return -1;
    if (size > stream->size - stream->end) {
        if (write_buffer(stream) < 0) return -1;
        if (size >= stream->size - UNGET_ROOM) return write_out(stream, data, size);
    }
    memcpy(stream->buffer + stream->end, data, size);
    stream->end += size;
    bool is_due = stream->buffering == _IONBF ||
                  (stream->buffering == _IOLBF && memchr(data, '\n', size) != NULL);
    return is_due ? write_buffer(stream) : 0;
}
