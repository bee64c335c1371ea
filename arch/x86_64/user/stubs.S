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

// sys_any(six arguments, number): any call, also one that does not exist.
    .balign 16
    .global sys_any
    .type sys_any, @function
sys_any:
    movq %rcx, %r10
    movq 8(%rsp), %rax
    syscall
    ret
    .size sys_any, . - sys_any

    .section .note.GNU-stack, "", @progbits
