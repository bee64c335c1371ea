// SPDX-License-Identifier: MIT
// Context switch. Only what the System V ABI lets a function expect of its callee is kept; the
// return address is on the stack. Interrupts are off.

    .section .text

// arch_context_switch(from, to): struct arch_context is rsp, rbx, rbp, r12 … r15.
    .global arch_context_switch
    .type arch_context_switch, @function
arch_context_switch:
    movq %rsp, (%rdi)
    movq %rbx, 8(%rdi)
    movq %rbp, 16(%rdi)
    movq %r12, 24(%rdi)
    movq %r13, 32(%rdi)
    movq %r14, 40(%rdi)
    movq %r15, 48(%rdi)
    movq (%rsi), %rsp
    movq 8(%rsi), %rbx
    movq 16(%rsi), %rbp
    movq 24(%rsi), %r12
    movq 32(%rsi), %r13
    movq 40(%rsi), %r14
    movq 48(%rsi), %r15
    ret
    .size arch_context_switch, . - arch_context_switch

// Where a new context begins: arch_context_init() has put the entry into RBX, its argument into R12.
    .global context_begin
    .type context_begin, @function
context_begin:
    movq %r12, %rdi
    call *%rbx
    ud2
    .size context_begin, . - context_begin

    .section .note.GNU-stack, "", @progbits
