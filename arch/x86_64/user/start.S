// SPDX-License-Identifier: MIT
// Where a program begins: argc in RDI and argv in RSI go to the C library, which does not come back.

    .section .text.start, "ax"
    .global _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call __libc_start
    ud2
    .size _start, . - _start

// Where a thread begins, with its argument in RDI, on a stack of the program's.
    .section .text.thread_start, "ax"
    .global thread_start
    .type thread_start, @function
thread_start:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call __libc_thread
    ud2
    .size thread_start, . - thread_start

    .section .note.GNU-stack, "", @progbits
