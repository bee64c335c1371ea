// SPDX-License-Identifier: MIT
// The only instructions that may touch user memory: between STAC and CLAC. A page fault at one of
// them goes on where user_copy_fixups says (interrupts.c). Takes no lock and resolves no fault.

    .section .text

// size_t arch_user_copy(to, from, size). In words as far as possible: a string move counts as one
// instruction an element. DF is clear in the kernel.
    .global arch_user_copy
    .type arch_user_copy, @function
arch_user_copy:
    movq %rdx, %rcx
    shrq $3, %rcx
    andl $7, %edx
    stac
copy_words:
    rep movsq
    movl %edx, %ecx
copy_rest:
    rep movsb
    clac
    xorl %eax, %eax
    ret

// RCX words and RDX bytes are left. The bytes of the word before the one that is missing can still
// be copied.
words_faulted:
    leaq (%rdx, %rcx, 8), %rcx
copy_bytes:
    rep movsb
bytes_faulted:
    clac
    movq %rcx, %rax
    ret
    .size arch_user_copy, . - arch_user_copy

// Pairs: an instruction that may fault, and where to go on.
    .section .rodata
    .balign 8
    .global user_copy_fixups, user_copy_fixups_end
user_copy_fixups:
    .quad copy_words, words_faulted
    .quad copy_rest, bytes_faulted
    .quad copy_bytes, bytes_faulted
user_copy_fixups_end:

    .section .note.GNU-stack, "", @progbits
