// SPDX-License-Identifier: MIT
// Numbers that assembly and C share: where the kernel lies, and the layout of struct trap_frame,
// which trap.c checks against the structure.
#pragma once

// Sv39's upper half is 256 GiB from here; the kernel is linked at its place in the direct map.
#define KERNEL_BASE 0xffffffc000000000
// The direct map ends where the stacks begin, 252 GiB on.
#define KERNEL_STACKS        0xffffffff00000000
#define DIRECT_MAP_GIGABYTES 252

// The registers by their numbers; x0's place holds the program counter.
#define FRAME_REGISTER(number) ((number)*8)
#define FRAME_PROGRAM_COUNTER  0
#define FRAME_SP               FRAME_REGISTER(2)
#define FRAME_STATUS           256
#define FRAME_RESTORE_ALL      264
#define FRAME_SIZE             272

// Two more words lie above each frame. For a trap from user mode, at the top of the thread's stack,
// the first is the thread. For a trap from the kernel they make the trap look like a call in a
// stack trace: the interrupted frame pointer and program counter.
#define FRAME_THREAD    272
#define FRAME_RECORD    272
#define TRAP_AREA_SIZE  288
#define STACK_SIZE      0x4000
#define STACK_VALID_BIT 14 // set in every address of a kernel stack: guards are below, slots 32 KiB

// What arch_cpu_start() leaves for a new hart, in an array.
#define START_HART    0
#define START_SATP    8 // 0 in an unused record
#define START_STACK   16
#define START_THREAD  24
#define START_SIZE    32
#define START_RECORDS 8
