// SPDX-License-Identifier: MIT
// Where harts begin: physical addresses, no translation, interrupts off, the hart's number in a0. The
// first to come boots, the others have been started by arch_cpu_start(). Both ways end in C at the
// kernel's virtual addresses, with sscratch 0, which tells the trap entry that the hart is in the
// kernel.
#include "csr.h"
#include "layout.h"

// Turns translation on and goes on at the virtual address `target`. Nothing is mapped where the hart
// is now, so its next fetch faults, and stvec says where the hart wakes.
.macro enter_translated satp, target
    csrw stvec, \target
    sfence.vma
    csrw satp, \satp
.endm

// What both kinds of harts need at once. The floating-point unit is off and stays so; user memory is
// closed. SPP 0 and SPIE 1 are what sret to user mode needs (see trap_entry.S).
.macro settle_translated
    la t0, trap_entry
    csrw stvec, t0
    csrw sscratch, zero
    li t0, SSTATUS_SPIE
    csrw sstatus, t0
    li s0, 0
.endm

// The firmware jumps to the lowest address of the image, whatever its entry point says. Harts that
// are started come here too, not to an entry of their own: OpenSBI 1.1 marks a hart as startable
// before it notes where, and one that looks in between goes where the boot hart went.
    .section .text.entry, "ax"
    .global _start
_start:
    csrw sie, zero
    la t0, boot_begun
    li t1, 1
    amoswap.w t1, t1, (t0)
    bnez t1, start_secondary
    la t0, bss_start
    la t1, bss_end
1:  sd zero, 0(t0)
    sd zero, 8(t0)
    sd zero, 16(t0)
    sd zero, 24(t0)
    addi t0, t0, 32
    bltu t0, t1, 1b

    // The start-up page table: physical memory at KERNEL_BASE, in leaves of 1 GiB with every right
    // (global, accessed, dirty). kernel_map.c soon replaces it.
    la t0, start_page_table
    li t1, 0xef
    li t2, 1 << 28 // 1 GiB in an entry's page number
    li t3, DIRECT_MAP_GIGABYTES
    la t4, start_page_table + 256 * 8 // the entry for KERNEL_BASE
1:  sd t1, 0(t4)
    add t1, t1, t2
    addi t4, t4, 8
    addi t3, t3, -1
    bnez t3, 1b

    li t3, KERNEL_BASE
    la sp, boot_stack_top
    add sp, sp, t3
    la t1, 2f
    add t1, t1, t3
    srli t0, t0, 12
    li t2, 1
    slli t2, t2, SATP_SV39_SHIFT
    or t0, t0, t2
    enter_translated t0, t1
    .balign 4
2:  settle_translated
    li tp, 0
    call riscv_boot // with a0, a1 as the firmware left them
    unimp

// The hart finds what arch_cpu_start() left for it by its number.
start_secondary:
    fence r, rw
    la t0, riscv_start_records
    li t1, START_RECORDS
1:  ld t2, START_HART(t0)
    ld t3, START_SATP(t0)
    bne t2, a0, 2f
    bnez t3, 3f
2:  addi t0, t0, START_SIZE
    addi t1, t1, -1
    bnez t1, 1b
park: // nobody asked for this hart
    wfi
    j park
3:  ld sp, START_STACK(t0)
    ld tp, START_THREAD(t0)
    la t1, 4f
    li t2, KERNEL_BASE
    add t1, t1, t2
    enter_translated t3, t1
    .balign 4
4:  settle_translated
    call kernel_main_secondary
    unimp

    .data
    .balign 4
boot_begun: // not in .bss, which the boot hart clears
    .word 0

// Stacks like all kernel stacks: 32 KiB apart, the lower half unused. The second takes the trap that
// finds another one overflowing.
    .section .stacks, "aw", @nobits
    .global boot_stacks_start, boot_stack_top, emergency_stack_top, boot_stacks_end
boot_stacks_start:
    .skip 2 * STACK_SIZE
boot_stack_top:
    .skip 2 * STACK_SIZE
emergency_stack_top:
boot_stacks_end:

    .bss
    .balign 4096
start_page_table:
    .skip 4096
