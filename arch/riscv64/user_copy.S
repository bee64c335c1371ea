// SPDX-License-Identifier: MIT
// size_t arch_user_copy(void *to, const void *from, size_t size): the only code that runs with user
// memory open. A fault is no accident here: trap.c makes one before user_copy_bytes go on there,
// byte by byte, and one behind it end the copy, so that the count is exact. For this, a0 (to) and a1
// (from) only ever move past what has been copied; a2 is the end of `to`.
#include "csr.h"

#define BYTES   8 // below this, words are not worth their preparation
#define BLOCK   64

// Eight words, in the order in which they lie; nothing moves on.
.macro copy_block at
    ld t0, \at(a1)
    ld t1, \at+8(a1)
    ld t2, \at+16(a1)
    ld t3, \at+24(a1)
    ld t4, \at+32(a1)
    ld a3, \at+40(a1)
    ld a4, \at+48(a1)
    ld a5, \at+56(a1)
    sd t0, \at(a0)
    sd t1, \at+8(a0)
    sd t2, \at+16(a0)
    sd t3, \at+24(a0)
    sd t4, \at+32(a0)
    sd a3, \at+40(a0)
    sd a4, \at+48(a0)
    sd a5, \at+56(a0)
.endm

    .section .text, "ax"
    .global arch_user_copy, user_copy_start, user_copy_bytes, user_copy_end
    .type arch_user_copy, @function
arch_user_copy:
    li t6, SSTATUS_SUM
    li t0, BYTES
    mv t1, a2
    add a2, a0, a2
    csrs sstatus, t6
user_copy_start:
    bltu t1, t0, user_copy_bytes

    // Up to a word boundary of `to`: fewer than 8 bytes, so this cannot reach the end.
    andi t0, a0, 7
    beqz t0, 2f
1:  lbu t1, 0(a1)
    sb t1, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    andi t0, a0, 7
    bnez t0, 1b
2:  andi t0, a1, 7
    bnez t0, shifted

    // Both aligned: pairs of blocks of eight words, then a block, then words.
    sub t5, a2, a0
    sltiu t0, t5, BLOCK
    bnez t0, 4f
    sltiu t0, t5, 2 * BLOCK
    addi t5, a2, -2 * BLOCK // where the last pair begins, at most
    bnez t0, 8f
3:  copy_block 0
    copy_block BLOCK
    addi a0, a0, 2 * BLOCK
    addi a1, a1, 2 * BLOCK
    bgeu t5, a0, 3b
8:  addi t5, t5, BLOCK
    bltu t5, a0, 4f
    copy_block 0
    addi a0, a0, BLOCK
    addi a1, a1, BLOCK
4:  andi t5, a2, -8 // the end of the last whole word
    bgeu a0, t5, user_copy_bytes
5:  ld t0, 0(a1)
    sd t0, 0(a0)
    addi a0, a0, 8
    addi a1, a1, 8
    bltu a0, t5, 5b
    j user_copy_bytes

    // `from` is not aligned when `to` is: each word is made of the two that it lies in, all of which
    // hold bytes that are wanted, so that no other page is touched.
shifted:
    sub t0, a2, a0
    sltiu t0, t0, 16
    bnez t0, user_copy_bytes
    addi t5, a2, -16
    andi t1, a1, 7
    slli t1, t1, 3 // bits of the first word that are behind us
    neg t2, t1     // shifts take it modulo 64
    andi a3, a1, -8
    ld t3, 0(a3)
6:  ld t4, 8(a3)
    srl t3, t3, t1
    sll t0, t4, t2
    or t0, t0, t3
    sd t0, 0(a0)
    ld t3, 16(a3)
    srl t4, t4, t1
    sll t0, t3, t2
    or t0, t0, t4
    sd t0, 8(a0)
    addi a3, a3, 16
    addi a0, a0, 16
    addi a1, a1, 16
    bgeu t5, a0, 6b

user_copy_bytes:
    beq a0, a2, user_copy_end
7:  lbu t0, 0(a1)
    sb t0, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    bne a0, a2, 7b
user_copy_end:
    csrc sstatus, t6
    sub a0, a2, a0
    ret
    .size arch_user_copy, . - arch_user_copy
