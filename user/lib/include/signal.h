// SPDX-License-Identifier: MIT
// kill(). There are no signal handlers: what POSIX would let a program catch simply ends it.
#pragma once

#include "sys/types.h"

#define SIGINT  2
#define SIGILL  4
#define SIGKILL 9
#define SIGSEGV 11
#define SIGTERM 15

// Ends a process, or with a negative number a group. Signal 0 only asks whether the process exists;
// SIGKILL and SIGTERM end it; others give EINVAL.
int kill(pid_t pid, int signal);
