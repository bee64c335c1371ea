// SPDX-License-Identifier: MIT
// The context switch: what the C calling convention lets a function keep is all there is to save.

    .section .text, "ax"
// void arch_context_switch(struct arch_context *from, struct arch_context *to)
    .global arch_context_switch
    .type arch_context_switch, @function
arch_context_switch:
    sd ra, 0(a0)
    sd sp, 8(a0)
    sd s0, 16(a0)
    sd s1, 24(a0)
    sd s2, 32(a0)
    sd s3, 40(a0)
    sd s4, 48(a0)
    sd s5, 56(a0)
    sd s6, 64(a0)
    sd s7, 72(a0)
    sd s8, 80(a0)
    sd s9, 88(a0)
    sd s10, 96(a0)
    sd s11, 104(a0)
    ld ra, 0(a1)
    ld sp, 8(a1)
    ld s0, 16(a1)
    ld s1, 24(a1)
    ld s2, 32(a1)
    ld s3, 40(a1)
    ld s4, 48(a1)
    ld s5, 56(a1)
    ld s6, 64(a1)
    ld s7, 72(a1)
    ld s8, 80(a1)
    ld s9, 88(a1)
    ld s10, 96(a1)
    ld s11, 104(a1)
    ret
    .size arch_context_switch, . - arch_context_switch

// Where a new context begins: arch_context_init() has put its entry in s1 and the argument in s2.
    .global riscv_context_begin
    .type riscv_context_begin, @function
riscv_context_begin:
    mv a0, s2
    jalr s1
    unimp // entry must not return
    .size riscv_context_begin, . - riscv_context_begin
