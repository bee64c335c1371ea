// SPDX-License-Identifier: MIT
// Streams: the standard three, and the buffer's two directions.
#include "stream.h"
#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "program.h"

static char input_buffer[BUFSIZ], output_buffer[BUFSIZ];

static FILE standard[3] = {
    {.descriptor = STDIN_FILENO,
     .mode = STREAM_MODE_OPEN,
     .buffer = input_buffer,
     .size = BUFSIZ,
     .can_read = true,
     .next = &standard[1]},
    {.descriptor = STDOUT_FILENO,
     .mode = STREAM_MODE_OPEN,
     .buffer = output_buffer,
     .size = BUFSIZ,
     .can_write = true,
     .next = &standard[2]},
    {.descriptor = STDERR_FILENO, .mode = _IONBF, .can_write = true},
};

FILE *const stdin = &standard[0];
FILE *const stdout = &standard[1];
FILE *const stderr = &standard[2];
FILE *stream_first = &standard[0];

int stream_fail(FILE *stream, int error) {
    stream->error = errno = error;
    return EOF;
}

static int write_out(FILE *stream, const char *from, size_t size) {
    return write_all(stream->descriptor, from, size) < 0 ? stream_fail(stream, errno) : 0;
}

// What cannot be written is given up, or closing the stream would try for ever.
static int flush_output(FILE *stream) {
    size_t size = stream->end;
    stream->end = 0;
    return size > 0 ? write_out(stream, stream->buffer, size) : 0;
}

static int give_input_back(FILE *stream) {
    if (stream->start == stream->end) return 0;
    if (lseek(stream->descriptor, -(off_t)(stream->end - stream->start), SEEK_CUR) < 0)
        return errno == ESPIPE ? 0 : stream_fail(stream, errno);
    stream->start = stream->end = 0;
    return 0;
}

int stream_settle(FILE *stream) {
    return stream->writing ? flush_output(stream) : give_input_back(stream);
}

int fflush(FILE *stream) {
    int result = 0;
    if (stream != NULL) return stream_settle(stream);
    for (FILE *each = stream_first; each != NULL; each = each->next)
        if (each->writing && flush_output(each) < 0) result = EOF;
    return result;
}

// The last flush of the program. Nobody wants to hear of a pipe whose reader has gone.
static int finish_output(void) {
    int result = fflush(NULL);
    if (stdout->error != 0) {
        errno = stdout->error;
        if (errno != EPIPE) warn("standard output");
        result = EOF;
    }
    return result;
}

static int flush_all(void) { return fflush(NULL); }

// Called before the first output: decides how it is buffered, and has it written at the end.
static void begin_output(FILE *stream) {
    if (stream->mode == STREAM_MODE_OPEN)
        stream->mode = isatty(stream->descriptor) ? _IOLBF : _IOFBF;
    program_flush = flush_all;
    program_finish = finish_output;
}

static int turn_to_output(FILE *stream) {
    if (!stream->can_write) return stream_fail(stream, EBADF);
    if (give_input_back(stream) < 0) return EOF;
    int saved = errno;
    begin_output(stream);
    errno = saved;
    stream->start = stream->end = 0;
    stream->at_end = false;
    stream->writing = true;
    return 0;
}

int stream_write(FILE *stream, const char *from, size_t size) {
    if (!stream->writing && turn_to_output(stream) < 0) return EOF;
    if (stream->mode == _IONBF) return write_out(stream, from, size);
    if (size > stream->size - stream->end && flush_output(stream) < 0) return EOF;
    if (size > stream->size) return write_out(stream, from, size);
    memcpy(stream->buffer + stream->end, from, size);
    stream->end += size;
    bool ends_line = stream->mode == _IOLBF && memchr(from, '\n', size) != NULL;
    return ends_line ? flush_output(stream) : 0;
}

static int turn_to_input(FILE *stream) {
    if (!stream->can_read) return stream_fail(stream, EBADF);
    if (stream->writing && flush_output(stream) < 0) return EOF;
    stream->writing = false;
    return 0;
}

int stream_fill(FILE *stream) {
    if ((stream->writing || !stream->can_read) && turn_to_input(stream) < 0) return EOF;
    if (stream->start < stream->end) return 0;
    if (stream->at_end) return EOF;
    if (stdout->writing && stdout->mode == _IOLBF) flush_output(stdout); // a question, perhaps
    // Input is read behind a little room for ungetc(); without a buffer, byte by byte.
    size_t wanted = stream->mode == _IONBF ? 1 : stream->size - STREAM_PUT_BACK;
    ssize_t size = read(stream->descriptor, stream->buffer + STREAM_PUT_BACK, wanted);
    stream->start = stream->end = STREAM_PUT_BACK;
    if (size < 0) return stream_fail(stream, errno);
    stream->end += (size_t)size;
    stream->at_end = size == 0;
    return size > 0 ? 0 : EOF;
}
