// SPDX-License-Identifier: MIT
// Texts for errors, made from the kernel's list, and the end of a failed assertion.
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *strerror(int number) {
    static char unknown[32];
#define ERROR_TEXT(name, value, text)                                                              \
    case value: return text;
    switch (number) {
        ERROR_LIST(ERROR_TEXT)
    case 0: return "no error";
    default: snprintf(unknown, sizeof(unknown), "error %d", number); return unknown;
    }
#undef ERROR_TEXT
}

void perror(const char *text) {
    const char *reason = strerror(errno);
    if (text != NULL && *text != '\0')
        dprintf(2, "%s: %s\n", text, reason);
    else
        dprintf(2, "%s\n", reason);
}

_Noreturn void assert_fail(const char *file, int line, const char *function,
                           const char *condition) {
    dprintf(2, "%s:%d: %s: assertion failed: %s\n", file, line, function, condition);
    abort();
}
