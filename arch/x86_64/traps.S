// SPDX-License-Identifier: MIT
// Every way into the kernel after start-up, and back. A frame (struct trap_frame) is built on the
// thread's kernel stack. On the way in AC is cleared, so that user memory stays closed (SMAP), and
// DF, which compiled code relies on; %gs is the kernel's from SWAPGS to SWAPGS. Interrupts stay off.
#include "machine_layout.h"

// Pushes all registers, in the order of struct trap_frame from its end.
.macro SAVE_REGISTERS
    pushq %r9
    pushq %r8
    pushq %r10
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rax
    pushq %rcx
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm

.macro RESTORE_ARGUMENTS
    popq %rdi
    popq %rsi
    popq %rdx
    popq %r10
    popq %r8
    popq %r9
.endm

.macro RESTORE_REGISTERS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %rcx
    popq %rax
    RESTORE_ARGUMENTS
.endm

    .section .text

// ---- System calls ------------------------------------------------------------------------------
//
// SYSCALL leaves the return address in RCX and the flags in R11, has cleared the flags in
// MSR_SYSCALL_MASK (IF, DF, AC, NT among them), and leaves the user's stack pointer where it is. The
// return address is canonical: the last user page is never mapped (USER_ADDRESS_MAX).
//
// SYSRET needs nothing but RCX and R11, and what the C code has preserved need not be loaded again.
// Whoever gives a frame other contents goes through arch_frame_init(), whose frames leave by IRET.
    .global syscall_entry
    .type syscall_entry, @function
syscall_entry:
    swapgs
    movq %rsp, %gs:AREA_USER_STACK
    movq %gs:AREA_TRAP_STACK_TOP, %rsp
    pushq $SELECTOR_USER_DATA
    pushq %gs:AREA_USER_STACK
    pushq %r11
    pushq $SELECTOR_USER_CODE
    pushq %rcx
    pushq $0
    pushq $VECTOR_SYSCALL
    SAVE_REGISTERS
    xorl %ebp, %ebp // a stack trace ends here
    movq %rsp, %rdi
    movq %rax, %rsi
    call trap_syscall
    cmpl $VECTOR_SYSCALL, FRAME_VECTOR(%rsp)
    jne frame_restore
    movq FRAME_RBP(%rsp), %rbp
    addq $FRAME_RAX, %rsp
    popq %rax
    RESTORE_ARGUMENTS
    movq 16(%rsp), %rcx // rip
    movq 32(%rsp), %r11 // rflags
    movq 40(%rsp), %rsp
    swapgs
    sysretq
    .size syscall_entry, . - syscall_entry

// ---- Interrupts and exceptions -----------------------------------------------------------------
//
// One stub per vector, 16 bytes apart. The CPU itself pushes an error code for these exceptions:
#define HAS_ERROR_CODE ((1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17))

    .balign 16
    .global interrupt_stubs
interrupt_stubs:
    .set vector, 0
    .rept VECTOR_COUNT
    .balign 16
    .if vector >= VECTOR_EXCEPTIONS || (HAS_ERROR_CODE >> (vector & 31) & 1) == 0
    pushq $0
    .endif
    pushq $vector
    .if vector == 2 || vector == 8 || vector == 18
    jmp special_entry
    .else
    jmp interrupt_entry
    .endif
    .set vector, vector + 1
    .endr

    .type interrupt_entry, @function
interrupt_entry:
    SAVE_REGISTERS
    cld
    clac
    movq %rsp, %rdi
    testb $3, FRAME_CS(%rsp)
    jz 1f
    swapgs
    xorl %ebp, %ebp
    call interrupt_dispatch_frame
    jmp frame_restore
1:  // From kernel code: what it was doing shows in a stack trace as the caller of this.
    pushq FRAME_RIP(%rsp)
    pushq %rbp
    movq %rsp, %rbp
    call interrupt_dispatch_frame
    addq $16, %rsp

// Resumes the frame at the stack pointer.
frame_restore:
    testb $3, FRAME_CS(%rsp)
    jz 1f
    swapgs
1:
    RESTORE_REGISTERS
    addq $16, %rsp // vector and error code
    iretq
    .size interrupt_entry, . - interrupt_entry

// Non-maskable interrupt, double fault and machine check come anywhere, even between SWAPGS and
// SYSRET, on stacks of their own. Whose %gs it is, is told by its sign: programs cannot set theirs.
    .type special_entry, @function
special_entry:
    SAVE_REGISTERS
    cld
    clac
    movl $MSR_GS_BASE, %ecx
    rdmsr
    xorl %ebx, %ebx
    testl %edx, %edx
    js 1f
    swapgs
    incl %ebx
1:
    movq %rsp, %rdi
    call interrupt_dispatch_special
    testl %ebx, %ebx
    jz 2f
    swapgs
2:
    RESTORE_REGISTERS
    addq $16, %rsp
    iretq
    .size special_entry, . - special_entry

// ---- Into user mode ----------------------------------------------------------------------------

    .global arch_user_enter
    .type arch_user_enter, @function
arch_user_enter:
    cli
    movq %rdi, %rsp
    jmp frame_restore
    .size arch_user_enter, . - arch_user_enter

    .section .note.GNU-stack, "", @progbits
