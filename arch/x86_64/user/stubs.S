// SPDX-License-Identifier: MIT
// One function a system call, made from the one table: sys_NAME(arguments) enters the kernel and
// returns what it says, a value or -ERRNO.

// SYSCALL overwrites RCX, where a function's fourth argument is.
.macro STUB number, function
    .balign 16
    .global \function
    .type \function, @function
\function:
    movq %rcx, %r10
    movl $\number, %eax
    syscall
    ret
    .size \function, . - \function
.endm

#define SYSCALL(number, name, arguments, first, second, summary) STUB number, sys_##name

    .section .text
#include "abi/syscalls.def"

    .section .note.GNU-stack, "", @progbits
