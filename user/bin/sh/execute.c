// SPDX-License-Identifier: MIT
// Running trees: by fork and exec, one process for each command of a pipeline. In an interactive
// shell a pipeline is a process group of its own, and the one that Ctrl-C ends while it runs.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "expand.h"
#include "glob.h"
#include "shell.h"

// ---- In the child ------------------------------------------------------------------------------

static _Noreturn void exec_program(struct shell *shell, char **argv) {
    bool has_slash = strchr(argv[0], '/') != NULL;
    environ = variables_environment(&shell->variables);
    if (environ != NULL)
        execvp(argv[0], argv);
    else
        errno = ENOMEM;
    bool missing = errno == ENOENT || errno == ENOTDIR;
    shell_error(shell, "%.100s: %s", argv[0],
                missing && !has_slash ? "command not found" : strerror(errno));
    exit(missing ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE);
}

// The shell goes on as a subshell: it is not the one that the user talks to.
static void become_subshell(struct shell *shell) {
    shell->interactive = false;
    jobs_forget(shell);
}

char **expand_arguments(struct shell *shell, const struct word *words, int *count) {
    char **arguments = expand_words(&shell->arena, &shell->variables, words, count);
    if (arguments != NULL) arguments = glob_words(&shell->arena, arguments, count);
    if (arguments == NULL) shell_error(shell, "the expanded command is too long");
    return arguments;
}

static int run_simple_in_shell(struct shell *shell, const struct command *command, int argc,
                               char **argv);

static bool runs_in_shell(const struct shell *shell, const char *name) {
    return function_find(shell, name) != NULL || builtin_find(name) != NULL;
}

static bool assign(struct shell *shell, const struct assignment *assignment, bool exported) {
    for (; assignment != NULL; assignment = assignment->next) {
        const char *value = expand_word(&shell->arena, &shell->variables, assignment->value);
        if (value == NULL || !variables_set(&shell->variables, assignment->name, value) ||
            (exported && !variables_export(&shell->variables, assignment->name))) {
            shell_error(shell, "%s: the value is too long", assignment->name);
            return false;
        }
    }
    return true;
}

static _Noreturn void run_simple_in_child(struct shell *shell, const struct command *command) {
    int argc = 0;
    char **argv = expand_arguments(shell, command->words, &argc);
    if (argv == NULL) exit(STATUS_USAGE);
    if (argc == 0 || runs_in_shell(shell, argv[0]))
        exit(run_simple_in_shell(shell, command, argc, argv));
    if (!redirect(shell, command->redirections, NULL)) exit(1);
    if (!assign(shell, command->assignments, true)) exit(STATUS_USAGE);
    exec_program(shell, argv);
}

static _Noreturn void run_in_child(struct shell *shell, const struct command *command) {
    become_subshell(shell);
    shell->line = command->line;
    if (command->kind == COMMAND_SIMPLE) run_simple_in_child(shell, command);
    if (!redirect(shell, command->redirections, NULL)) exit(1);
    exit(command->kind == COMMAND_SUBSHELL ? execute_list(shell, command->body)
                                           : execute_compound(shell, command));
}

// ---- Simple commands in the shell itself -------------------------------------------------------

static int call(struct shell *shell, int argc, char **argv) {
    const struct function *function = function_find(shell, argv[0]);
    if (function != NULL) return function_call(shell, function, argc, argv);
    return builtin_find(argv[0])(shell, argc, argv);
}

// A function, a builtin, or redirections and assignments alone (argc 0).
static int run_simple_in_shell(struct shell *shell, const struct command *command, int argc,
                               char **argv) {
    struct displaced displaced = {0};
    int status = 1;
    if (redirect(shell, command->redirections, &displaced)) {
        status = assign(shell, command->assignments, false) ? 0 : STATUS_USAGE;
        if (status == 0 && argc > 0) status = call(shell, argc, argv);
    }
    redirect_restore(&displaced);
    return status;
}

// ---- Pipelines ---------------------------------------------------------------------------------

static int run_compound_in_shell(struct shell *shell, const struct command *command) {
    struct displaced displaced = {0};
    int status = 1;
    if (redirect(shell, command->redirections, &displaced))
        status = execute_compound(shell, command);
    redirect_restore(&displaced);
    return status;
}

// A new process in the pipeline's group: that of `leader`, or its own if that is 0. In parent and
// child alike, because either may be the first to need it.
static pid_t fork_into_group(struct shell *shell, pid_t leader) {
    pid_t process = fork();
    if (process < 0)
        shell_error(shell, "cannot make a process: %s", strerror(errno));
    else if (shell->interactive)
        setpgid(process, leader);
    return process;
}

static void move_descriptor(int from, int to) {
    if (from < 0 || from == to) return;
    dup2(from, to);
    close(from);
}

// Starts one command between the pipe from its left neighbour and a new one to its right; *left
// becomes the reading end of that. False if there is no process or no pipe.
static bool start_command(struct shell *shell, struct command *command, pid_t leader, int *left) {
    int right[2] = {-1, -1};
    if (command->next != NULL && pipe(right) < 0) {
        shell_error(shell, "cannot make a pipe: %s", strerror(errno));
        return false;
    }
    command->process = fork_into_group(shell, leader);
    if (command->process == 0) {
        close(right[0]);
        move_descriptor(*left, STDIN_FILENO);
        move_descriptor(right[1], STDOUT_FILENO);
        run_in_child(shell, command);
    }
    if (right[1] >= 0) close(right[1]);
    if (*left >= 0) close(*left);
    *left = right[0];
    return command->process > 0;
}

// Says why a command was ended, unless the user did it.
static void report_end(struct shell *shell, const struct command *command, int status) {
    const char *reason = status_reason(status);
    if (reason == NULL) return;
    if (status == STATUS_INTERRUPTED) return;
    const struct word *word = command->words;
    const char *name = word != NULL && word->parts->kind == PART_TEXT ? word->parts->text : "(...)";
    shell->line = command->line;
    shell_error(shell, "%s: %s", name, reason);
}

// Waits for the started commands. The status of the last.
static int wait_for_pipeline(struct shell *shell, const struct pipeline *pipeline) {
    int status = 0;
    for (const struct command *c = pipeline->commands; c != NULL && c->process > 0; c = c->next) {
        if (waitpid(c->process, &status, 0) < 0) status = STATUS_NOT_FOUND;
        shell->interrupted |= status == STATUS_INTERRUPTED;
        report_end(shell, c, status);
    }
    return STATUS_SHELL(status);
}

static int run_in_children(struct shell *shell, struct pipeline *pipeline) {
    int left = -1;
    bool complete = true;
    pid_t leader = 0;
    for (struct command *c = pipeline->commands; c != NULL; c = c->next) c->process = 0;
    for (struct command *c = pipeline->commands; c != NULL && complete; c = c->next) {
        complete = start_command(shell, c, leader, &left);
        if (leader == 0 && complete) {
            leader = c->process;
            console_give(shell, leader);
        }
    }
    if (left >= 0) close(left);
    int status = wait_for_pipeline(shell, pipeline);
    console_take(shell);
    return complete ? status : STATUS_USAGE;
}

static int run_single(struct shell *shell, struct pipeline *pipeline) {
    const struct command *command = pipeline->commands;
    if (command->next != NULL || command->kind == COMMAND_SUBSHELL)
        return run_in_children(shell, pipeline);
    if (command->kind != COMMAND_SIMPLE) return run_compound_in_shell(shell, command);
    size_t mark = shell->arena.used;
    int argc = 0, status = STATUS_USAGE;
    char **argv = expand_arguments(shell, command->words, &argc);
    if (argv != NULL && (argc == 0 || runs_in_shell(shell, argv[0])))
        status = run_simple_in_shell(shell, command, argc, argv);
    else if (argv != NULL)
        status = run_in_children(shell, pipeline);
    shell->arena.used = mark;
    return status;
}

static void run_pipeline(struct shell *shell, struct pipeline *pipeline) {
    shell->line = pipeline->commands->line;
    int status = run_single(shell, pipeline);
    shell->variables.status = pipeline->negated ? status == 0 : status;
}

// ---- Lists -------------------------------------------------------------------------------------

static void run_and_or(struct shell *shell, const struct and_or *and_or) {
    for (struct pipeline *p = and_or->pipelines; p != NULL && !shell_stops(shell); p = p->next) {
        bool succeeded = shell->variables.status == 0;
        if (p->connector == CONNECT_ALWAYS || succeeded == (p->connector == CONNECT_IF_TRUE))
            run_pipeline(shell, p);
    }
}

// The process of a background job. Its input is empty unless it is redirected, because the
// console's is for the shell.
static _Noreturn void run_background_child(struct shell *shell, const struct and_or *and_or) {
    setpgid(0, 0);
    become_subshell(shell);
    move_descriptor(open("/dev/null", O_RDONLY | O_GRANT), STDIN_FILENO);
    const struct pipeline *only = and_or->pipelines;
    if (only->next == NULL && only->commands->next == NULL && !only->negated)
        run_in_child(shell, only->commands);
    run_and_or(shell, and_or);
    exit(shell->variables.status);
}

static void run_background(struct shell *shell, const struct and_or *and_or) {
    struct job *job = jobs_reserve(shell);
    shell->line = and_or->pipelines->commands->line;
    shell->variables.status = STATUS_USAGE;
    if (job == NULL) {
        shell_error(shell, "more than %d background jobs", JOBS_MAX);
        return;
    }
    pid_t process = fork();
    if (process == 0) run_background_child(shell, and_or);
    if (process < 0) {
        shell_error(shell, "cannot make a process: %s", strerror(errno));
        return;
    }
    setpgid(process, 0);
    job_start(shell, job, process, and_or);
    shell->variables.background = process;
    shell->variables.status = 0;
}

int execute_list(struct shell *shell, const struct list *list) {
    for (const struct and_or *a = list->first; a != NULL && !shell_stops(shell); a = a->next) {
        if (a->background)
            run_background(shell, a);
        else
            run_and_or(shell, a);
    }
    return shell->variables.status;
}
