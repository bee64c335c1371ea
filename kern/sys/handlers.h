// SPDX-License-Identifier: MIT
// The handlers of all system calls, declared from the one table; sys/*.c define them by family.
#pragma once

#include "sys/gate.h"

#define SYSCALL(number, name, arguments, first, second, summary) syscall_handler sys_##name;
#include "abi/syscalls.def"
#undef SYSCALL
