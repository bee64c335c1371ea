// SPDX-License-Identifier: MIT
// Memory and string functions. memcpy, memmove and memset work in machine words where they can.
#pragma once

#include "abi/types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *string);
size_t strnlen(const char *string, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *string, int c);

// Copies at most size-1 characters and always terminates. Returns the length of `from`.
size_t string_copy(char *to, const char *from, size_t size);

// Parses an unsigned number (0x for hexadecimal) that fills the whole string. Returns false if it
// is not one or does not fit.
bool string_to_number(const char *string, uint64_t *number);

// Clear one page, and copy one. Both are page aligned.
void page_clear(void *page);
void page_copy(void *to, const void *from);
