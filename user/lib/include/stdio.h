// SPDX-License-Identifier: MIT
// Streams and formatted text. Standard output is written line by line on a console and by the
// buffer elsewhere; standard error at once. What is buffered is written at exit(), before fork(),
// spawn() and execv(), and, for a console, before a stream reads. A call's text is not split
// between two writes unless it is longer than the buffer, so that the lines of several processes
// do not mix. A stream is for one thread.
//
// EOF, NULL or a short count with errno set mean failure; ferror() remembers it. exit() complains
// about output that could not be written, and makes the status 1 if it would have been 0.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include "sys/types.h"

#define EOF          (-1)
#define BUFSIZ       4096
#define FOPEN_MAX    64
#define FILENAME_MAX PATH_MAX

enum { _IOFBF, _IOLBF, _IONBF };

typedef struct stream FILE;

extern FILE *const stdin;
extern FILE *const stdout;
extern FILE *const stderr;
#define stdin  stdin
#define stdout stdout
#define stderr stderr

// ---- Opening and closing -----------------------------------------------------------------------

// Modes "r", "w" (empties or makes the file) and "a" (all is written to its end; makes it), with +
// for both directions, x for "must not exist", and b and e, which mean nothing: every descriptor is
// opened close-on-spawn. EINVAL for other modes.
FILE *fopen(const char *restrict path, const char *restrict mode);
// A stream for an open descriptor, which fclose() closes. EBADF.
FILE *fdopen(int descriptor, const char *mode);
// EOF if something could not be written; the stream is gone all the same.
int fclose(FILE *stream);
// Before the first use: _IOFBF, _IOLBF or _IONBF, and a buffer, or NULL to keep the stream's own.
// EINVAL.
int setvbuf(FILE *restrict stream, char *restrict buffer, int mode, size_t size);
int fileno(FILE *stream);

// ---- Bytes and lines ---------------------------------------------------------------------------

// Whole elements read or written.
size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict stream);
size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict stream);
int fgetc(FILE *stream);
int getchar(void);
// One byte at least can be put back between two reads.
int ungetc(int c, FILE *stream);
// A line with its newline, or as much of it as there is room for; NULL at the end.
char *fgets(char *restrict line, int size, FILE *restrict stream);
// A line of any length with its newline, in memory from malloc() that grows with it. Its length, or
// -1 at the end or on failure.
ssize_t getline(char **restrict line, size_t *restrict capacity, FILE *restrict stream);
int fputc(int c, FILE *stream);
int putchar(int c);
int fputs(const char *restrict text, FILE *restrict stream);
int puts(const char *text);
#define getc(stream)    fgetc(stream)
#define putc(c, stream) fputc(c, stream)

// ---- State -------------------------------------------------------------------------------------

// Writes what is buffered; of a stream that reads, gives back what it has read ahead. NULL: all
// that write.
int fflush(FILE *stream);
// ESPIPE: pipes and devices have no positions.
int fseek(FILE *stream, long offset, int whence);
long ftell(FILE *stream);
void rewind(FILE *stream);
int feof(FILE *stream);
int ferror(FILE *stream);
void clearerr(FILE *stream);

// ---- Formatted text ----------------------------------------------------------------------------

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

int rename(const char *old, const char *new);
int remove(const char *path);

// Prints "TEXT: " and what errno means to standard error.
void perror(const char *text);
