// SPDX-License-Identifier: MIT
// The trap entry. In user mode sscratch points to the frame at the top of the thread's kernel stack;
// in the kernel it is 0. Above the frame lies the thread's address, so that one load brings back tp.
//
// While C code runs, sstatus.SPP is 0 and SPIE 1, whatever traps it has taken: the ways in see to
// that, so that the way back to user mode, where it would cost most, need not touch sstatus, and a
// thread may switch to another one inside any trap.
#include "csr.h"
#include "layout.h"

// The named registers' places in the frame at sp.
.macro save numbers:vararg
    .irp number, \numbers
    sd x\number, FRAME_REGISTER(\number)(sp)
    .endr
.endm

.macro restore numbers:vararg
    .irp number, \numbers
    ld x\number, FRAME_REGISTER(\number)(sp)
    .endr
.endm

    .section .text.trap, "ax"
    .balign 4
    .global trap_entry
trap_entry:
    csrrw sp, sscratch, sp
    beqz sp, trap_from_kernel

    // From user mode. t1 to t6 can wait: a system call is a function to its caller, so they die in
    // it, and the frame keeps values that they had in user mode before.
    save 1, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    csrr t0, scause
    addi t0, t0, -SCAUSE_ECALL_USER
    ld tp, FRAME_THREAD(sp)
    bnez t0, trap_from_user
    csrrw t0, sscratch, zero
    sd t0, FRAME_SP(sp)
    csrr t0, sepc
    addi t0, t0, 4 // behind the ecall
    sd t0, FRAME_PROGRAM_COUNTER(sp)
    mv a0, sp
    mv a1, a7
    jal trap_syscall // it is near: an instruction less than call

    // The short way back. C has kept s0 to s11; what else it left in registers must not be seen.
    ld t0, FRAME_RESTORE_ALL(sp)
    bnez t0, return_to_user
    ld t0, FRAME_PROGRAM_COUNTER(sp)
    csrw sepc, t0
    csrw sscratch, sp
    restore 1, 3, 4, 10, 11, 12, 13, 14, 15, 16, 17
    li t0, 0
    li t1, 0
    li t2, 0
    li t3, 0
    li t4, 0
    li t5, 0
    li t6, 0
    ld sp, FRAME_SP(sp)
    sret

trap_from_user:
    csrrw t0, sscratch, zero
    sd t0, FRAME_SP(sp)
    save 6, 7, 28, 29, 30, 31
    csrr t0, sepc
    sd t0, FRAME_PROGRAM_COUNTER(sp)
    mv a0, sp
    csrr a1, scause
    csrr a2, stval
    call riscv_trap_user

// sp is at the frame at the top of the thread's stack.
return_to_user:
    sd zero, FRAME_RESTORE_ALL(sp)
    ld t0, FRAME_PROGRAM_COUNTER(sp)
    csrw sepc, t0
    csrw sscratch, sp
    restore 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24
    restore 25, 26, 27, 28, 29, 30, 31
    ld sp, FRAME_SP(sp)
    sret

// void arch_user_enter(struct trap_frame *frame)
    .global arch_user_enter
arch_user_enter:
    csrci sstatus, SSTATUS_SIE
    mv sp, a0
    sd tp, FRAME_THREAD(sp)
    j return_to_user

// A trap from the kernel: sscratch holds sp, and then t0 while t0 tests the stack. It is 0 again
// before the first store, which faults if sp is not what it should be.
trap_from_kernel:
    csrrw sp, sscratch, zero
    addi sp, sp, -TRAP_AREA_SIZE
    csrw sscratch, t0
    slli t0, sp, 63 - STACK_VALID_BIT
    bgez t0, stack_overflow
    csrrw t0, sscratch, zero
    save 5
    addi t0, sp, TRAP_AREA_SIZE
    sd t0, FRAME_SP(sp)
save_kernel_registers:
    save 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26
    save 27, 28, 29, 30, 31
    csrr t0, sepc
    sd t0, FRAME_PROGRAM_COUNTER(sp)
    sd s0, FRAME_RECORD(sp)
    sd t0, FRAME_RECORD + 8(sp)
    addi s0, sp, TRAP_AREA_SIZE
    csrr t0, sstatus
    sd t0, FRAME_STATUS(sp)
    li t0, SSTATUS_SPP | SSTATUS_SUM
    csrc sstatus, t0
    li t0, SSTATUS_SPIE
    csrs sstatus, t0
    mv a0, sp
    csrr a1, scause
    csrr a2, stval
    call riscv_trap_kernel
    ld t0, FRAME_STATUS(sp)
    csrw sstatus, t0
    ld t0, FRAME_PROGRAM_COUNTER(sp)
    csrw sepc, t0
    restore 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24
    restore 25, 26, 27, 28, 29, 30, 31
    ld sp, FRAME_SP(sp)
    sret

// The frame would not lie on a kernel stack: it goes to the emergency stack, and riscv_trap_kernel()
// panics. That stack serves one trap; whoever needs it again has nothing left to stand on.
stack_overflow:
    la t0, emergency_stack_taken
    amoswap.w t0, sp, (t0)
    bnez t0, 1f
    addi sp, sp, TRAP_AREA_SIZE
    la t0, emergency_stack_top - TRAP_AREA_SIZE
    sd sp, FRAME_SP(t0)
    mv sp, t0
    csrrw t0, sscratch, zero
    save 5
    j save_kernel_registers
1:  la sp, emergency_stack_top
    li a0, 1
    tail arch_power_off

    .bss
    .balign 4
emergency_stack_taken:
    .skip 4
