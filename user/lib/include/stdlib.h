// SPDX-License-Identifier: MIT
// Memory, numbers, sorting and the end of the program.
#pragma once

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);

int atoi(const char *text);
long strtol(const char *restrict text, char **restrict end, int base);
unsigned long strtoul(const char *restrict text, char **restrict end, int base);

// In place, not stable, n log n comparisons at worst.
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

// The environment's value of a name, or NULL. Valid until it is changed.
char *getenv(const char *name);
// Sets one, if it is not set or `overwrite` is not 0. -1 and errno: EINVAL for a name that is empty
// or has a = in it, ENOMEM.
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
int clearenv(void);

// Ends the process; its parent's wait() reports the low eight bits.
_Noreturn void exit(int status);
// Ends the process abnormally: the parent sees an illegal instruction.
_Noreturn void abort(void);
