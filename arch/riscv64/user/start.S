// SPDX-License-Identifier: MIT
// Where every program begins: argc in a0 and argv in a1, on an aligned stack, all other registers 0.

    .section .text.start, "ax"
    .global _start
_start:
    call __libc_start
    unimp // it does not return

// Where a thread begins, with its argument in a0, on an aligned stack of the program's.
    .section .text.thread_start, "ax"
    .global thread_start
thread_start:
    call __libc_thread
    unimp
