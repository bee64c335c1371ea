// SPDX-License-Identifier: MIT
// Patterns of file names (POSIX.1, Shell Command Language, 2.13).
#include <fnmatch.h>

#include <abi/types.h>
#include <string.h>

// Whether a bracket expression, which begins behind its '[', fits a character; *pattern is moved
// behind its end. An expression without end is no expression: -1.
static int match_bracket(const char **pattern, char c) {
    const char *at = *pattern;
    bool negated = *at == '!', fits = false;
    at += negated;
    const char *first = at;
    for (; *at != ']' || at == first; at++) {
        if (!*at) return -1;
        char low = *at, high = low;
        if (at[1] == '-' && at[2] && at[2] != ']') {
            high = at[2];
            at += 2;
        }
        fits |= c >= low && c <= high;
    }
    *pattern = at + 1;
    return fits != negated;
}

// Whether one character fits what the pattern begins with, which is no '*'; *pattern is moved
// behind that.
static bool match_one(const char **pattern, char c) {
    const char *at = *pattern;
    if (*at == '?') {
        *pattern = at + 1;
        return true;
    }
    if (*at == '[') {
        const char *inner = at + 1;
        int result = match_bracket(&inner, c);
        if (result >= 0) {
            *pattern = inner;
            return result;
        }
    }
    if (*at == '\\' && at[1]) at++;
    *pattern = at + 1;
    return *at == c;
}

int fnmatch(const char *pattern, const char *name, int flags) {
    const char *star = NULL, *retry = NULL; // behind the last '*', and where its text may end next
    if ((flags & FNM_PERIOD) && *name == '.' && *pattern != '.') return FNM_NOMATCH;
    while (*name) {
        const char *next = pattern;
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern && match_one(&next, *name)) {
            pattern = next;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return FNM_NOMATCH;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern ? FNM_NOMATCH : 0;
}
