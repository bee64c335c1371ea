// SPDX-License-Identifier: MIT
// The shell: reads commands from the console, a script, standard input or its -c argument, and runs
// them one by one.
//
//   sh                        commands from standard input; with a prompt if that is a console
//   sh SCRIPT [ARGUMENT ...]  commands from a file, with $1 ...
//   sh -c TEXT [NAME [ARGUMENT ...]]
#include <capability.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "shell.h"

// Enough for the tree of the longest command and for its expansion.
#define ARENA_SIZE ((size_t)4 * 1024 * 1024)

void shell_error(const struct shell *shell, const char *format, ...) {
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (shell->script != NULL)
        dprintf(STDERR_FILENO, "%s: line %u: %s\n", shell->script, shell->line, message);
    else
        dprintf(STDERR_FILENO, "sh: %s\n", message);
}

// Runs all commands of the input. The shell's exit status.
static int run_input(struct shell *shell, struct input *input) {
    static struct parser parser;
    struct list *list;
    parser_init(&parser, &input->source, &shell->arena);
    for (;;) {
        if (shell->interactive) jobs_report(shell);
        enum parse_result result = parser_next(&parser, &list);
        if (input->interrupted) {
            input->interrupted = false;
            parser_init(&parser, &input->source, &shell->arena);
            continue;
        }
        switch (result) {
        case PARSE_COMMAND:
            shell->interrupted = false;
            execute_list(shell, list);
            break;
        case PARSE_EMPTY: break;
        case PARSE_END: return input->failed ? STATUS_USAGE : shell->variables.status;
        case PARSE_ERROR:
            shell->line = parser.error_line;
            shell_error(shell, "%s", parser.error);
            shell->variables.status = STATUS_USAGE;
            input_discard(input);
            if (!shell->interactive) return STATUS_USAGE;
        }
    }
}

static int run_text(struct shell *shell, struct input *input, int argc, char **argv) {
    if (argc < 3) {
        dprintf(STDERR_FILENO, "usage: sh -c TEXT [NAME [ARGUMENT ...]]\n");
        return STATUS_USAGE;
    }
    if (argc > 3) shell->variables.zero = argv[3];
    shell->variables.positional = argv + (argc > 3 ? 4 : 3);
    shell->variables.positional_count = argc > 3 ? argc - 4 : 0;
    input_from_text(input, shell, argv[2]);
    return run_input(shell, input);
}

static int run_script(struct shell *shell, struct input *input, int argc, char **argv) {
    int opened = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (opened < 0) {
        dprintf(STDERR_FILENO, "sh: %s: %s\n", argv[1], strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
    }
    dup2(opened, SHELL_DESCRIPTOR_SCRIPT);
    cap_setflags(SHELL_DESCRIPTOR_SCRIPT, CAP_CLOSE_ON_SPAWN);
    close(opened);
    shell->script = shell->variables.zero = argv[1];
    shell->variables.positional = argv + 2;
    shell->variables.positional_count = argc - 2;
    shell->line = 1;
    input_from_descriptor(input, shell, SHELL_DESCRIPTOR_SCRIPT, SOURCE_BUFFER);
    return run_input(shell, input);
}

static int run_console(struct shell *shell, struct input *input) {
    shell->interactive = true;
    setpgid(0, 0);
    tcsetpgrp(STDIN_FILENO, 0);
    input_from_descriptor(input, shell, STDIN_FILENO, SOURCE_BUFFER);
    return run_input(shell, input);
}

// The commands that run read from the same descriptor: not one byte of theirs may be taken.
static int run_standard_input(struct shell *shell, struct input *input) {
    input_from_descriptor(input, shell, STDIN_FILENO, 1);
    return run_input(shell, input);
}

// Files that the shell opens must not land where its commands expect their input and output.
static void fill_standard_descriptors(void) {
    struct cap_info info;
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (cap_stat(descriptor, &info) < 0) open("/dev/null", O_RDWR | O_GRANT);
}

int main(int argc, char **argv) {
    static struct shell shell;
    static struct input input;
    void *memory = malloc(ARENA_SIZE);
    if (memory == NULL) {
        dprintf(STDERR_FILENO, "sh: out of memory\n");
        return STATUS_USAGE;
    }
    fill_standard_descriptors();
    arena_init(&shell.arena, memory, ARENA_SIZE);
    shell.variables.zero = argc > 0 ? argv[0] : "sh";
    shell.variables.process = getpid();
    if (!variables_import(&shell.variables, environ)) {
        dprintf(STDERR_FILENO, "sh: out of memory\n");
        return STATUS_USAGE;
    }
    if (argc > 1 && strcmp(argv[1], "-c") == 0) return run_text(&shell, &input, argc, argv);
    if (argc > 1 && argv[1][0] == '-') {
        dprintf(STDERR_FILENO, "usage: sh [SCRIPT [ARGUMENT ...] | -c TEXT]\n");
        return STATUS_USAGE;
    }
    if (argc > 1) return run_script(&shell, &input, argc, argv);
    return isatty(STDIN_FILENO) ? run_console(&shell, &input) : run_standard_input(&shell, &input);
}
