// SPDX-License-Identifier: MIT
// The kernel's own function names, for stack traces. The build links twice: the second time with
// this table, made from the first, in the section .ksyms behind the data, so no function moves.
#pragma once

#include "abi/types.h"

struct kernel_symbol {
    uint64_t address;
    char name[40]; // cut if longer, always terminated
};

extern const struct kernel_symbol ksyms_start[]; // ascending; set by the linker script
extern const struct kernel_symbol ksyms_end[];

// The function that holds `address`, and how far in it; NULL if it is not kernel code.
const char *symbol_find(uint64_t address, uint64_t *offset);

// Prints one line for each return address from a frame pointer on (debug builds), or found above
// the stack pointer (release builds). Checks every step, so that a damaged stack only ends the
// trace.
void stack_trace_print(uint64_t program_counter, const uint64_t *frame_pointer,
                       const uint64_t *stack);
