// SPDX-License-Identifier: MIT
// System-call numbers, made from the one table.
#pragma once

#define SYSCALL(number, name, arguments, first, second, summary) SYS_##name = number,
enum syscall_number {
#include "abi/syscalls.def"
};
#undef SYSCALL

#define SYSCALL_MAX   128                // numbers are below this
#define SYSCALL_WORDS (SYSCALL_MAX / 64) // of a set of calls: bit N % 64 of word N / 64
