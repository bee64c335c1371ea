// SPDX-License-Identifier: MIT
// Inside a FILE: one buffer, which holds either what was read ahead or what is yet to be written.
// For the library's own files. The stream's lock guards all of it; functions of this header want it
// held.
#pragma once

#include <stdio.h>
#include <sys/types.h>
#include "lock.h"

// In front of what a read fills, so that so many characters can always be put back.
#define UNGET_ROOM 8

enum stream_state { STREAM_IDLE, STREAM_READING, STREAM_WRITING };

struct stream {
    int descriptor;
    library_lock lock;
    bool readable;
    bool writable;
    bool at_end;
    bool is_allocated; // the structure; the standard three are not
    bool owns_buffer;
    int error;     // why an operation failed, until clearerr()
    int buffering; // _IOFBF, _IOLBF, _IONBF, or 0 while nobody has asked for one or the other
    enum stream_state state;
    char *buffer; // NULL until it is needed
    size_t size;
    size_t start; // buffer[start … end) is unread or unwritten
    size_t end;
    struct stream *next;        // on the list of open streams
    char small[UNGET_ROOM + 1]; // the buffer of a stream without buffering
};

// Turn the stream to reading or writing, whatever it did before. -1 with errno set: EBADF if it was
// not opened for that, or why what was to be written could not be.
int stream_begin_reading(struct stream *stream);
int stream_begin_writing(struct stream *stream);

// Reads into the empty buffer, of a stream that reads. The number of bytes, 0 at the end, or -1.
ssize_t stream_fill(struct stream *stream);

// 0, or -1 with errno set; what could not be written is gone then.
int stream_write(struct stream *stream, const void *data, size_t size);

// Writes what is to be written, or gives back what was read ahead to the descriptor.
int stream_synchronize(struct stream *stream);
