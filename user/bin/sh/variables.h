// SPDX-License-Identifier: MIT
// The shell's variables and parameters. They are the shell's own: there is no environment that
// programs would inherit.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct variable {
    struct variable *next; // in the order of names
    char *value;
    char name[];
};

struct variables {
    struct variable *first;
    const char *zero;  // $0
    char **positional; // $1 …
    int positional_count;
    char **positional_memory; // what `set` has allocated, or NULL
    int status;               // $?
    int process;              // $$
    int background;           // $!, 0: none yet
    char number[16];          // the latest number that a look-up has made
};

// The value of a variable or of one of ? $ ! # 0 1 …, or NULL. Valid until the next call.
const char *variables_get(struct variables *variables, const char *name);

// False if memory is out.
bool variables_set(struct variables *variables, const char *name, const char *value);
void variables_unset(struct variables *variables, const char *name);

// Replaces $1 … by copies. False if memory is out.
bool variables_set_positional(struct variables *variables, char *const *values, int count);
