// SPDX-License-Identifier: MIT
// Messages of programs. Each is one write().
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "program.h"

#define MESSAGE_MAX 256

static const char *program_name = "?";

void program_name_set(const char *path) {
    const char *slash = strrchr(path, '/');
    program_name = slash != NULL ? slash + 1 : path;
}

const char *getprogname(void) { return program_name; }

static void message(int error, const char *format, va_list arguments) {
    char text[MESSAGE_MAX];
    fflush(stdout); // what was printed before stands before
    vsnprintf(text, sizeof(text), format, arguments);
    const char *colon = error != 0 ? ": " : "";
    const char *reason = error != 0 ? strerror(error) : "";
    dprintf(STDERR_FILENO, "%s: %s%s%s\n", program_name, text, colon, reason);
}

void warn(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(errno, format, arguments);
    va_end(arguments);
}

void warnx(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(0, format, arguments);
    va_end(arguments);
}

_Noreturn void err(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(errno, format, arguments);
    va_end(arguments);
    exit(status);
}

_Noreturn void errx(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(0, format, arguments);
    va_end(arguments);
    exit(status);
}
