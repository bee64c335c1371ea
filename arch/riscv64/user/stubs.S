// SPDX-License-Identifier: MIT
// A function sys_NAME for every system call: its arguments are where the call wants them already.

#define SYSCALL(number, name, arguments, first, second, summary)                                   \
    .section .text.sys_##name, "ax";                                                               \
    .global sys_##name;                                                                            \
    .type sys_##name, @function;                                                                   \
    sys_##name: li a7, number;                                                                     \
    ecall;                                                                                         \
    ret;                                                                                           \
    .size sys_##name, . - sys_##name;

#include "abi/syscalls.def"

// sys_any(six arguments, number): any call, also one that does not exist.
    .section .text.sys_any, "ax"
    .global sys_any
    .type sys_any, @function
sys_any:
    mv a7, a6
    ecall
    ret
    .size sys_any, . - sys_any
