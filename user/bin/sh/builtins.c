// SPDX-License-Identifier: MIT
// Commands that the shell carries out itself, because they change its own state.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "shell.h"

// A number that fills the word, or -1.
static int parse_number(const char *word) {
    char *end;
    long number = strtol(word, &end, 10);
    return isdigit(word[0]) && *end == '\0' && number <= 0xffffff ? (int)number : -1;
}

static bool is_name(const char *word) {
    if (isdigit(word[0]) || word[0] == '\0') return false;
    while (isalnum(*word) || *word == '_') word++;
    return *word == '\0';
}

static int builtin_exit(struct shell *shell, int argc, char **argv) {
    int status = argc > 1 ? parse_number(argv[1]) : shell->variables.status;
    if (argc > 2 || status < 0 || status > 255) {
        shell_error(shell, "exit: expects one number from 0 to 255");
        return STATUS_USAGE;
    }
    exit(status);
}

// Without words it prints the variables; with words these become $1 …, as in POSIX.
static int builtin_set(struct shell *shell, int argc, char **argv) {
    if (argc == 1) {
        for (const struct variable *v = shell->variables.first; v != NULL; v = v->next)
            dprintf(STDOUT_FILENO, "%s=%s\n", v->name, v->value);
        return 0;
    }
    int first = 1;
    if (strcmp(argv[1], "--") == 0) {
        first = 2;
    } else if (argv[1][0] == '-' || argv[1][0] == '+') {
        shell_error(shell, "set: there are no options; use set -- WORD ...");
        return STATUS_USAGE;
    }
    if (variables_set_positional(&shell->variables, argv + first, argc - first)) return 0;
    shell_error(shell, "set: out of memory");
    return 1;
}

static int builtin_unset(struct shell *shell, int argc, char **argv) {
    int status = 0;
    for (int i = 1; i < argc; i++) {
        if (is_name(argv[i])) {
            variables_unset(&shell->variables, argv[i]);
        } else {
            shell_error(shell, "unset: %s: not a name", argv[i]);
            status = STATUS_USAGE;
        }
    }
    return status;
}

static void print_exported(const struct variables *variables) {
    for (const struct variable *v = variables->first; v != NULL; v = v->next)
        if (v->exported) dprintf(STDOUT_FILENO, "export %s=%s\n", v->name, v->value);
}

// export NAME[=VALUE] ...: programs get these variables too. Without operands prints them.
static int builtin_export(struct shell *shell, int argc, char **argv) {
    int status = 0;
    if (argc == 1) print_exported(&shell->variables);
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals != NULL) *equals = '\0';
        if (!is_name(argv[i])) {
            shell_error(shell, "export: %s: not a name", argv[i]);
            status = STATUS_USAGE;
        } else if ((equals != NULL && !variables_set(&shell->variables, argv[i], equals + 1)) ||
                   !variables_export(&shell->variables, argv[i])) {
            shell_error(shell, "export: out of memory");
            status = 1;
        }
    }
    return status;
}

static int builtin_shift(struct shell *shell, int argc, char **argv) {
    struct variables *variables = &shell->variables;
    int count = argc > 1 ? parse_number(argv[1]) : 1;
    if (count < 0 || count > variables->positional_count) {
        shell_error(shell, "shift: there are %d parameters", variables->positional_count);
        return 1;
    }
    variables->positional += count;
    variables->positional_count -= count;
    return 0;
}

// return [STATUS]: ends the function.
static int builtin_return(struct shell *shell, int argc, char **argv) {
    int status = argc > 1 ? parse_number(argv[1]) : shell->variables.status;
    if (shell->calls == 0 || argc > 2 || status < 0 || status > 255) {
        shell_error(shell, "return: expects one number from 0 to 255, in a function");
        return STATUS_USAGE;
    }
    shell->returning = true;
    return status;
}

static int builtin_cd(struct shell *shell, int argc, char **argv) {
    const char *home = variables_get(&shell->variables, "HOME");
    const char *path = argc > 1 ? argv[1] : home != NULL && *home != '\0' ? home : "/";
    if (argc > 2) {
        shell_error(shell, "cd: expects one directory");
        return STATUS_USAGE;
    }
    if (chdir(path) == 0) return 0;
    shell_error(shell, "cd: %s: %s", path, strerror(errno));
    return 1;
}

static int builtin_pwd(struct shell *shell, int argc, char **argv) {
    char path[PATH_MAX];
    (void)argc;
    (void)argv;
    if (getcwd(path, sizeof(path)) != NULL) {
        return dprintf(STDOUT_FILENO, "%s\n", path) < 0;
    }
    shell_error(shell, "pwd: %s", strerror(errno));
    return 1;
}

static int wait_for_all(struct shell *shell) {
    for (struct job *job = shell->jobs.job; job < shell->jobs.job + JOBS_MAX; job++)
        if (job->number != 0) job_wait(shell, job);
    return 0;
}

static int builtin_wait(struct shell *shell, int argc, char **argv) {
    if (argc == 1) return wait_for_all(shell);
    int status = 0;
    for (int i = 1; i < argc; i++) {
        struct job *job = jobs_find(shell, argv[i]);
        if (job != NULL) {
            status = job_wait(shell, job);
        } else {
            shell_error(shell, "wait: %s: no such job of this shell", argv[i]);
            status = STATUS_NOT_FOUND;
        }
    }
    return status;
}

static int builtin_jobs(struct shell *shell, int argc, char **argv) {
    (void)argc;
    (void)argv;
    jobs_print(shell);
    return 0;
}

static const struct {
    const char *name;
    builtin_function *function;
} builtins[] = {
    {"cd", builtin_cd},         {"pwd", builtin_pwd},   {"exit", builtin_exit},
    {"jobs", builtin_jobs},     {"set", builtin_set},   {"shift", builtin_shift},
    {"unset", builtin_unset},   {"wait", builtin_wait}, {"export", builtin_export},
    {"return", builtin_return},
};
#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

builtin_function *builtin_find(const char *name) {
    for (size_t i = 0; i < BUILTINS; i++)
        if (strcmp(name, builtins[i].name) == 0) return builtins[i].function;
    return NULL;
}

const char *builtin_name(size_t index) { return index < BUILTINS ? builtins[index].name : NULL; }
