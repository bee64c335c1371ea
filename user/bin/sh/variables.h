// SPDX-License-Identifier: MIT
// The shell's variables and parameters. Those that are exported are the environment of the programs
// that it runs.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct variable {
    struct variable *next; // in the order of names
    char *value;
    bool exported;
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
// Marks a variable, which is made, empty, if it is not there. False if memory is out.
bool variables_export(struct variables *variables, const char *name);
// Sets and exports all "NAME=VALUE" of an environment. False if memory is out.
bool variables_import(struct variables *variables, char *const *environment);
// The environment of a new program, in memory that nobody frees. NULL if memory is out.
char **variables_environment(const struct variables *variables);
void variables_unset(struct variables *variables, const char *name);

// Replaces $1 … by copies. False if memory is out.
bool variables_set_positional(struct variables *variables, char *const *values, int count);
