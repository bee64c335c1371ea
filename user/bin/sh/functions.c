// SPDX-License-Identifier: MIT
// Functions. One is kept as text, which is parsed anew for each call into what is left of the
// arena; trees live no longer than a command.
#include <stdlib.h>
#include <string.h>
#include "describe.h"
#include "shell.h"

#define TEXT_MAX  ((size_t)2 * COMMAND_LENGTH_MAX)
#define CALLS_MAX 64

struct function {
    struct function *next;
    unsigned line; // where it was defined
    char *text;    // its body
    char name[];
};

const struct function *function_find(const struct shell *shell, const char *name) {
    const struct function *function = shell->functions;
    while (function != NULL && strcmp(function->name, name) != 0) function = function->next;
    return function;
}

// The text of a body, or NULL after a message.
static char *body_text(struct shell *shell, const struct command *command) {
    char *text = malloc(TEXT_MAX);
    if (text == NULL) {
        shell_error(shell, "%s: out of memory", command->variable);
        return NULL;
    }
    describe_list(command->body, text, TEXT_MAX);
    size_t size = strlen(text) + 1;
    if (size < TEXT_MAX) return realloc(text, size);
    shell_error(shell, "%s: the function is too long", command->variable);
    free(text);
    return NULL;
}

static struct function *make_function(struct shell *shell, const char *name) {
    size_t size = strlen(name) + 1;
    struct function *function = calloc(1, sizeof(*function) + size);
    if (function == NULL) {
        shell_error(shell, "%s: out of memory", name);
        return NULL;
    }
    memcpy(function->name, name, size);
    function->next = shell->functions;
    shell->functions = function;
    return function;
}

int function_define(struct shell *shell, const struct command *command) {
    char *text = body_text(shell, command);
    if (text == NULL) return STATUS_USAGE;
    struct function *function = (struct function *)function_find(shell, command->variable);
    if (function == NULL) function = make_function(shell, command->variable);
    if (function == NULL) {
        free(text);
        return STATUS_USAGE;
    }
    free(function->text);
    function->text = text;
    function->line = command->line;
    return 0;
}

// Parses a body behind what the arena holds. NULL after a message.
static struct list *parse_body(struct shell *shell, const struct function *function) {
    struct reader {
        struct parser parser;
        struct input input;
    } *reader = arena_alloc(&shell->arena, sizeof(*reader));
    struct list *list;
    struct arena rest;
    if (reader == NULL || shell->calls == CALLS_MAX) {
        shell_error(shell, "%s: more than %d calls within each other", function->name, CALLS_MAX);
        return NULL;
    }
    size_t used = shell->arena.used;
    arena_init(&rest, shell->arena.memory + used, shell->arena.size - used);
    input_from_text(&reader->input, shell, function->text);
    parser_init(&reader->parser, &reader->input.source, &rest);
    reader->parser.line = function->line;
    if (parser_next(&reader->parser, &list) != PARSE_COMMAND) {
        shell_error(shell, "%s: %s", function->name, reader->parser.error);
        return NULL;
    }
    shell->arena.used += rest.used;
    return list;
}

int function_call(struct shell *shell, const struct function *function, int argc, char **argv) {
    struct list *body = parse_body(shell, function);
    if (body == NULL) return STATUS_USAGE;
    struct variables *variables = &shell->variables;
    char **positional = variables->positional, **memory = variables->positional_memory;
    int count = variables->positional_count;
    variables->positional = argv + 1;
    variables->positional_count = argc - 1;
    variables->positional_memory = NULL;
    shell->calls++;
    int status = execute_list(shell, body);
    shell->calls--;
    shell->returning = false;
    free(variables->positional_memory);
    variables->positional = positional;
    variables->positional_count = count;
    variables->positional_memory = memory;
    return status;
}
