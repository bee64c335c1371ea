// SPDX-License-Identifier: MIT
// Numbers that C, assembly and the linker scripts share: addresses, selectors, vectors, control
// bits, and where assembly finds the fields of two structures (checked against C in cpu.c).
#pragma once

// Addresses. Physical memory appears from DIRECT_MAP_BASE on; the image runs at its physical
// address plus KERNEL_IMAGE_OFFSET, in the last 2 GiB as -mcmodel=kernel asks.
#define DIRECT_MAP_BASE     0xffff800000000000
#define KERNEL_STACK_BASE   0xffffffff40000000
#define KERNEL_IMAGE_OFFSET 0xffffffff80000000

// A stack's slot: a guard below, the stack above, so this bit is set in all of a stack's addresses.
#define KERNEL_STACK_HALF 0x4000

// Application processors begin here in real mode; boot.c keeps memory below 1 MiB out of use.
#define AP_TRAMPOLINE 0x8000

// Segment selectors. SYSRET takes user SS and CS at fixed distances from SELECTOR_SYSRET.
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_SYSRET      0x1b
#define SELECTOR_USER_DATA   0x23
#define SELECTOR_USER_CODE   0x2b
#define SELECTOR_TSS         0x30
#define SELECTOR_BOOT_CODE   0x18 // 32-bit code, in the start-up table only

// Interrupt vectors. A device's vector is VECTOR_DEVICE plus its global system interrupt.
#define VECTOR_EXCEPTIONS 32
#define VECTOR_DEVICE     32
#define DEVICE_IRQ_MAX    48
#define VECTOR_TIMER      80
#define VECTOR_IPI        81
#define VECTOR_SPURIOUS   95
#define VECTOR_COUNT      96
#define VECTOR_SYSCALL    256 // no vector: marks a frame that may be left by SYSRET

// Control registers and model-specific registers (Intel SDM volume 3, 2.5 and volume 4).
#define CR0_PE   0x1
#define CR0_EM   0x4
#define CR0_ET   0x10
#define CR0_NE   0x20
#define CR0_WP   0x10000
#define CR0_PG   0x80000000
#define CR4_PAE  0x20
#define CR4_PGE  0x80
#define CR4_UMIP 0x800
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000

#define MSR_APIC_BASE      0x1b
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE 0x1
#define EFER_LME 0x100
#define EFER_NXE 0x800

// EM makes every floating-point instruction fault: neither kernel nor programs use any.
#define CR0_RUNNING  (CR0_PE | CR0_EM | CR0_ET | CR0_NE | CR0_WP | CR0_PG)
#define CR4_STARTING (CR4_PAE | CR4_PGE)
#define EFER_RUNNING (EFER_SCE | EFER_LME | EFER_NXE)

#define RFLAGS_RESERVED 0x2
#define RFLAGS_TF       0x100
#define RFLAGS_IF       0x200
#define RFLAGS_DF       0x400
#define RFLAGS_IOPL     0x3000
#define RFLAGS_NT       0x4000
#define RFLAGS_RF       0x10000
#define RFLAGS_AC       0x40000

// struct cpu_area, reached through %gs.
#define AREA_CURRENT        0
#define AREA_TRAP_STACK_TOP 8
#define AREA_USER_STACK     16
#define AREA_INDEX          24

// struct trap_frame.
#define FRAME_RBP    32
#define FRAME_RAX    64
#define FRAME_VECTOR 120
#define FRAME_RIP    136
#define FRAME_CS     144
#define FRAME_SIZE   176

// struct secondary_start.
#define SECONDARY_STATE      0
#define SECONDARY_STACK_TOP  8
#define SECONDARY_PAGE_TABLE 16
#define SECONDARY_CLAIMED    0xffffffff

// Exit statuses for isa-debug-exit: the emulator ends with 2 * value + 1.
#define EXIT_PORT    0xf4
#define EXIT_ORDERLY 16
#define EXIT_FAILED  17

#define UART_PORT 0x3f8
