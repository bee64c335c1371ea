// SPDX-License-Identifier: MIT
// if, while, until, for and braces, in the shell itself. A loop ends when Ctrl-C has ended a
// command of it.
#include "shell.h"

static int execute_if(struct shell *shell, const struct command *command) {
    if (execute_list(shell, command->condition) == 0) return execute_list(shell, command->body);
    if (command->otherwise != NULL) return execute_list(shell, command->otherwise);
    return 0;
}

static int execute_while(struct shell *shell, const struct command *command) {
    bool until = command->kind == COMMAND_UNTIL;
    int status = 0;
    while ((execute_list(shell, command->condition) == 0) != until && !shell_stops(shell))
        status = execute_list(shell, command->body);
    return status;
}

static int execute_for(struct shell *shell, const struct command *command) {
    size_t mark = shell->arena.used;
    int count = shell->variables.positional_count, status = 0;
    char **words = shell->variables.positional;
    if (!command->over_parameters) words = expand_arguments(shell, command->words, &count);
    if (words == NULL) return STATUS_USAGE;
    for (int i = 0; i < count && !shell_stops(shell); i++) {
        if (!variables_set(&shell->variables, command->variable, words[i])) {
            shell_error(shell, "%s: the value is too long", command->variable);
            return STATUS_USAGE;
        }
        status = execute_list(shell, command->body);
    }
    shell->arena.used = mark;
    return status;
}

int execute_compound(struct shell *shell, const struct command *command) {
    switch (command->kind) {
    case COMMAND_IF: return execute_if(shell, command);
    case COMMAND_FOR: return execute_for(shell, command);
    case COMMAND_GROUP: return execute_list(shell, command->body);
    case COMMAND_FUNCTION: return function_define(shell, command);
    default: return execute_while(shell, command);
    }
}
