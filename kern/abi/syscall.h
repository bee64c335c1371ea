// SPDX-License-Identifier: MIT
// System-call numbers, made from the one table.
#pragma once

#define SYSCALL(number, name, arguments, first, second, summary) SYS_##name = number,
enum syscall_number {
#include "abi/syscalls.def"
};
#undef SYSCALL

#define SYSCALL_MAX 128 // numbers are below this
