// SPDX-License-Identifier: MIT
// What the system says about its processes and itself; the structures are in abi/process.h.
#pragma once

#include "abi/process.h"
#include "sys/types.h"

// The first process whose number is at least `pid`: its number, or -1 with ESRCH behind the last.
pid_t process_info(pid_t pid, struct process_info *info);
int system_info(struct system_info *info);

// The account of a process, 0: the caller's. ESRCH.
int account_info(pid_t pid, struct account_info *info);

// Gives up the calls whose bits are set, for this process and its children, for good. SYS_exit
// stays.
int deny_calls(const uint64_t denied[SYSCALL_WORDS]);

// "killed", "interrupted", ...: why the kernel ended a process with this status; NULL if it ended
// by exit().
const char *status_reason(int status);
