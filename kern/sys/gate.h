// SPDX-License-Identifier: MIT
// The gate: between a trap and a handler stand the allow-list, and look-up, check and pin of every
// handle argument, by the table in abi/syscalls.def.
#pragma once

#include "cap/cap_space.h"

#define HANDLES_MAX 2

// What handlers get. The values are the registers as they came; the pins are released for them.
struct syscall {
    const uint64_t *argument;        // six values
    struct trap_frame *frame;        // for fork and exec
    struct cap_ref pin[HANDLES_MAX]; // of the handle arguments that the table says CAP() for
};

typedef int64_t syscall_handler(struct syscall *call);

// At boot: every object-bearing call with an empty table must fail with -EBADF. Panics otherwise:
// the table in the source is wrong. How many calls were tried.
uint32_t gate_self_test(void);

// The calls that exist: 1 or 0 for each number below SYSCALL_MAX.
const uint8_t *gate_all_calls(void);
