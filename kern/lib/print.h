// SPDX-License-Identifier: MIT
// Formatted output to the kernel log, and panic. Both need locks and live in sync/; what is
// declared here may be used by every room above. The log goes to a sink that the console driver
// registers; before that, nowhere.
#pragma once

#include <stdarg.h>
#include "abi/types.h"

struct trap_frame;

// %d %i %u %x %c %s %p %%, with l, ll, z, a width, 0 and -, and .N for strings.
int format_string(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int format_string_va(char *buffer, size_t size, const char *format, va_list arguments);

// One line or part of one to the kernel log. Any context; lines of several CPUs do not mix as long
// as each is one call of less than 256 bytes.
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Where log text goes. Called with the log lock held, any context.
void log_set_sink(void (*sink)(const char *text, size_t size));

// A kernel bug: prints the message, CPU, held locks and a stack trace, and ends the machine.
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

// As panic(), for a fault in the kernel: also prints the frame and starts the trace there.
_Noreturn void panic_at_frame(struct trap_frame *frame, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// True once some CPU has begun to panic: locks are then ignored by the log.
bool panic_in_progress(void);

// States an invariant that no input can break.
#define kassert(condition)                                                                         \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition);                  \
    } while (0)

// Called once with the message when the kernel panics, after it has been printed.
void panic_set_hook(void (*hook)(const char *message));

// The text of an error number, positive or negative, for messages.
const char *error_text(int error);
