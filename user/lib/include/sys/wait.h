// SPDX-License-Identifier: MIT
// Waiting for children, and what their statuses mean.
#pragma once

#include "abi/process.h"
#include "sys/types.h"

#define WNOHANG WAIT_NO_HANG

#define WIFEXITED(status)   STATUS_IS_EXIT(status)
#define WEXITSTATUS(status) ((status)&0xff)
#define WIFSIGNALED(status) (!STATUS_IS_EXIT(status))
#define WTERMSIG(status)    ((status)-STATUS_ENDED)

// The child's number, or -1. status may be NULL.
pid_t wait(int *status);
// pid -1: any child. With WNOHANG 0 if none has ended yet.
pid_t waitpid(pid_t pid, int *status, int options);
