// SPDX-License-Identifier: MIT
// All lines of some files in memory, for programs that need them at once.
#pragma once

#include "abi/types.h"

struct line_list {
    char **line; // without newlines
    size_t count;
    size_t capacity;
};

// Adds the lines of a file ("-": standard input). 0, or 1 after a warning. Ends the program when
// memory is out.
int line_list_read(struct line_list *list, const char *path);
