// SPDX-License-Identifier: MIT
// The shell's state, and what its files offer each other. One process, one thread, no locks.
#pragma once

#include "arena.h"
#include "jobs.h"
#include "parser.h"
#include "variables.h"

#define STATUS_NOT_FOUND    127
#define STATUS_NOT_RUNNABLE 126
#define STATUS_USAGE        2

// Descriptors that the shell needs for itself, out of the way of the low numbers that scripts use.
#define SHELL_DESCRIPTOR_SCRIPT 111
#define SHELL_DESCRIPTOR_SAVED  102 // and up: what redirections of builtins have displaced
#define SHELL_SAVED_MAX         8

struct shell {
    struct arena arena;
    struct variables variables;
    struct jobs jobs;
    struct function *functions;
    unsigned calls; // of functions that are under way
    bool interactive;
    bool interrupted;   // Ctrl-C has ended a command: loops end too
    bool returning;     // a function is to end
    const char *script; // the script's path for messages, or NULL
    unsigned line;      // of the command that runs
};

// Prints "sh: …" or "SCRIPT: line N: …" to standard error.
void shell_error(const struct shell *shell, const char *format, ...)
    __attribute__((format(__printf__, 2, 3)));

// ---- execute.c: running trees ------------------------------------------------------------------

// The words of a command, expanded, with names of files for patterns; NULL after a message.
char **expand_arguments(struct shell *shell, const struct word *words, int *count);

// Whether lists and loops end here.
static inline bool shell_stops(const struct shell *shell) {
    return shell->interrupted || shell->returning;
}

// Runs an if, a loop or a group in the shell itself, or defines a function; its status.
int execute_compound(struct shell *shell, const struct command *command);

// Runs a list; the status of its last command, which is also left in $?.
int execute_list(struct shell *shell, const struct list *list);

// ---- redirect.c --------------------------------------------------------------------------------

// What redirections have displaced in the shell itself.
struct displaced {
    int count;
    int descriptor[SHELL_SAVED_MAX];
    bool was_open[SHELL_SAVED_MAX];
};

// Carries redirections out, in order. With `displaced`, notes what to restore, also on failure.
// False, after a message, if one of them fails.
bool redirect(struct shell *shell, const struct redirection *redirections,
              struct displaced *displaced);
void redirect_restore(struct displaced *displaced);

// ---- functions.c -------------------------------------------------------------------------------

struct function;

// Makes or replaces a function. 0, or a status after a message.
int function_define(struct shell *shell, const struct command *command);
// NULL if there is none of that name.
const struct function *function_find(const struct shell *shell, const char *name);
int function_call(struct shell *shell, const struct function *function, int argc, char **argv);

// ---- builtins.c --------------------------------------------------------------------------------

typedef int builtin_function(struct shell *shell, int argc, char **argv);

// The command that the shell itself carries out, or NULL.
builtin_function *builtin_find(const char *name);
// The names of all of them; NULL behind the last.
const char *builtin_name(size_t index);

// ---- source.c: where commands come from --------------------------------------------------------

#define SOURCE_BUFFER 4096 // the console's longest line

struct input {
    struct source source; // first, because the parser hands it back
    struct shell *shell;
    int descriptor;
    size_t chunk;     // bytes to read at once
    const char *next; // the unread text is next[0 … length)
    size_t length;
    bool interrupted; // Ctrl-C came while a command was being typed
    bool failed;
    char buffer[SOURCE_BUFFER];
};

void input_from_descriptor(struct input *input, struct shell *shell, int descriptor, size_t chunk);
void input_from_text(struct input *input, struct shell *shell, const char *text);
// Forgets what has been read and not yet parsed.
void input_discard(struct input *input);
