// SPDX-License-Identifier: MIT
// Strings that end in a zero byte.
#include <string.h>
#include <stdlib.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

size_t strlen(const char *string) {
    const char *end = string;
    while (*end != '\0') end++;
    return (size_t)(end - string);
}

size_t strnlen(const char *string, size_t max) {
    size_t length = 0;
    while (length < max && string[length] != '\0') length++;
    return length;
}

int strcmp(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t max) {
    for (; max > 0; max--, a++, b++)
        if (*a != *b || *a == '\0') return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

char *strchr(const char *string, int c) {
    for (;; string++) {
        if (*string == (char)c) return (char *)string;
        if (*string == '\0') return NULL;
    }
}

char *strrchr(const char *string, int c) {
    const char *last = NULL;
    for (;; string++) {
        if (*string == (char)c) last = string;
        if (*string == '\0') return (char *)last;
    }
}

char *strstr(const char *string, const char *part) {
    size_t length = strlen(part);
    for (;; string++) {
        if (strncmp(string, part, length) == 0) return (char *)string;
        if (*string == '\0') return NULL;
    }
}

size_t strspn(const char *string, const char *accepted) {
    size_t length = 0;
    while (string[length] != '\0' && strchr(accepted, string[length]) != NULL) length++;
    return length;
}

size_t strcspn(const char *string, const char *rejected) {
    size_t length = 0;
    while (strchr(rejected, string[length]) == NULL) length++;
    return length;
}

char *strcpy(char *restrict to, const char *restrict from) {
    memcpy(to, from, strlen(from) + 1);
    return to;
}

char *strncpy(char *restrict to, const char *restrict from, size_t size) {
    size_t length = strnlen(from, size);
    memcpy(to, from, length);
    memset(to + length, 0, size - length);
    return to;
}

char *strcat(char *restrict to, const char *restrict from) {
    strcpy(to + strlen(to), from);
    return to;
}

size_t strlcpy(char *restrict to, const char *restrict from, size_t size) {
    size_t length = strlen(from);
    if (size > 0) {
        size_t copied = length < size ? length : size - 1;
        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return length;
}

size_t strlcat(char *restrict to, const char *restrict from, size_t size) {
    size_t length = strnlen(to, size);
    return length + strlcpy(to + length, from, size - length);
}

char *strdup(const char *string) {
    size_t size = strlen(string) + 1;
    char *copy = malloc(size);
    if (copy != NULL) memcpy(copy, string, size);
    return copy;
}
