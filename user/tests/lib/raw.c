// SPDX-License-Identifier: MIT
// The table of raw calls, made from the kernel's one list. Constant data, no lock.
#include "../check.h"

#include <syscalls.h>

// The stubs have each its own prototype; as machine code all of them pass six registers on.
#define SYSCALL(number, name, arguments, first, second, summary)                                   \
    [number] = (raw_call *)(void (*)(void))sys_##name,
raw_call *const raw_calls[SYSCALL_MAX] = {
#include "abi/syscalls.def"
};
#undef SYSCALL
