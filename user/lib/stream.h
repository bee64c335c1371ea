// SPDX-License-Identifier: MIT
// What a FILE is, for the library's own files.
//
// A buffer belongs to one direction at a time. When it holds input, buffer[start … end) is read
// from the descriptor and not yet delivered; when it holds output (`writing`), buffer[0 … end) is
// not yet written. A change of direction empties it: output is written, input given back by moving
// the descriptor's offset.
#pragma once

#include <stdbool.h>
#include <stdio.h>

// Bytes that can always be put back before a full buffer.
#define STREAM_PUT_BACK 8

struct stream {
    int descriptor;
    int mode; // _IOFBF, _IOLBF, _IONBF, or STREAM_MODE_OPEN until the first output
    char *buffer;
    size_t size;
    size_t start;
    size_t end;
    int error; // errno of the last failure
    bool writing;
    bool at_end;
    bool can_read;
    bool can_write;
    bool is_allocated;
    FILE *next; // of all open streams
};

#define STREAM_MODE_OPEN (-1)

// The first of all open streams; the three standard ones are always there.
extern FILE *stream_first;

// Notes why a stream has failed; EOF.
int stream_fail(FILE *stream, int error);
// Writes what is buffered, or gives input back. 0 or EOF. A pipe's or device's input stays.
int stream_settle(FILE *stream);
// Appends output: 0 or EOF.
int stream_write(FILE *stream, const char *from, size_t size);
// Makes input available in buffer[start … end). 0, or EOF at the end or after a failure.
int stream_fill(FILE *stream);
