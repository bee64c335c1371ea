// SPDX-License-Identifier: MIT
// Streams with buffers, and formatted output. What is written to a stream comes out when its buffer
// is full, at the end of a line if it leads to a console, by fflush(), fclose() and exit(). It does
// not when the program is killed, executes another or calls _exit(); a fork copies the buffer.
// Threads may share a stream.
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "sys/types.h"

#define EOF    (-1)
#define BUFSIZ 4096

typedef struct stream FILE;

extern FILE stdio_input, stdio_output, stdio_error;
#define stdin  (&stdio_input)
#define stdout (&stdio_output)
#define stderr (&stdio_error) // has no buffer

// Modes are r, w, a (each also with +: both ways), and behind it b (nothing), x (the file must be
// new), e (closed by exec). NULL and errno: EINVAL for another mode, ENOMEM, or what open() says.
FILE *fopen(const char *restrict path, const char *restrict mode);
// Over a descriptor, which the stream closes with itself.
FILE *fdopen(int descriptor, const char *mode);
// Closes in any case. EOF and errno if something could not be written.
int fclose(FILE *stream);
// NULL: all streams that are being written. On one that is being read, moves the descriptor to what
// the program has read. EOF and errno if something could not be written; it is lost then.
int fflush(FILE *stream);

#define _IOFBF 1 // write when the buffer is full
#define _IOLBF 2 // and at the end of a line
#define _IONBF 3 // at once
// The buffer is always the library's own; the second and fourth argument mean nothing.
int setvbuf(FILE *restrict stream, char *restrict buffer, int mode, size_t size);

size_t fread(void *restrict data, size_t size, size_t count, FILE *restrict stream);
size_t fwrite(const void *restrict data, size_t size, size_t count, FILE *restrict stream);
int fgetc(FILE *stream);
int getchar(void);
#define getc(stream) fgetc(stream)
// Up to eight characters can be put back.
int ungetc(int c, FILE *stream);
char *fgets(char *restrict line, int size, FILE *restrict stream);
// A line of any length with its newline, if it has one, and a zero behind it, in memory that the
// call enlarges as needed; the caller frees it in the end. *line may be NULL at first. The length,
// or -1 at the end or, as ferror() tells, after an error.
ssize_t getline(char **restrict line, size_t *restrict capacity, FILE *restrict stream);

int fputs(const char *restrict text, FILE *restrict stream);
int puts(const char *text);
int fputc(int c, FILE *stream);
int putchar(int c);
#define putc(c, stream) fputc(c, stream)

// The position, behind what is in the buffer. -1 and errno: ESPIPE for a pipe or a console.
int fseek(FILE *stream, long offset, int whence);
long ftell(FILE *stream);
void rewind(FILE *stream);

int feof(FILE *stream);
int ferror(FILE *stream); // the errno of the last failure
void clearerr(FILE *stream);
int fileno(FILE *stream);

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
