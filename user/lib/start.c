// SPDX-License-Identifier: MIT
// A program's first and last steps in C. The machine's start code calls __libc_start with what the
// kernel put into the argument registers.
#include <errno.h>
#include <stdlib.h>
#include <syscalls.h>
#include <unistd.h>
#include "program.h"

int main(int argc, char **argv);
_Noreturn void __libc_start(int argc, char **argv);

static int errno_value;
char **environ;
int (*program_finish)(int status);

int *errno_location(void) { return &errno_value; }

_Noreturn void __libc_start(int argc, char **argv) {
    if (argc > 0) program_name_set(argv[0]);
    environ = argv + argc + 1;
    exit(main(argc, argv));
}

_Noreturn void exit(int status) { _exit(program_finish != NULL ? program_finish(status) : status); }

_Noreturn void _exit(int status) {
    for (;;) sys_exit(status);
}

_Noreturn void abort(void) { __builtin_trap(); }
