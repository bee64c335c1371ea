// SPDX-License-Identifier: MIT
// What the portable kernel needs inline from riscv64: the current thread in tp, interrupts on and
// off, Sv39 page-table entries, and access to trap frames. kern/arch.h lists these names.
#pragma once

#include "csr.h"
#include "layout.h"

#define ARCH_NAME           "riscv64"
#define ARCH_ELF_MACHINE    243 // EM_RISCV
#define PAGE_TABLE_LEVELS   3
#define USER_ADDRESS_MAX    (UINT64_C(1) << 38)
#define DIRECT_MAP_BASE     KERNEL_BASE
#define KERNEL_IMAGE_OFFSET KERNEL_BASE
#define KERNEL_STACK_BASE   KERNEL_STACKS

// ---- CPU ---------------------------------------------------------------------------------------

// What a called function must keep. tp is not among it: the scheduler sets the current thread.
struct arch_context {
    uint64_t ra;
    uint64_t sp;
    uint64_t s[12];
};

// gcc gets a variable in tp, which saves an instruction in every use. clang would save and restore
// tp in a function that assigns such a variable, and remember its value across a change; it gets
// volatile assembly.
#ifdef __clang__
static inline struct thread_header *arch_current(void) {
    struct thread_header *header;
    __asm__ volatile("mv %0, tp" : "=r"(header));
    return header;
}

static inline void arch_set_current(struct thread_header *header) {
    __asm__ volatile("mv tp, %0" : : "r"(header) : "memory");
}
#else
register struct thread_header *riscv_current __asm__("tp");

static inline struct thread_header *arch_current(void) { return riscv_current; }

static inline void arch_set_current(struct thread_header *header) { riscv_current = header; }
#endif

// The trap frame's place follows from the stack: sscratch is set on the way to user mode.
static inline void arch_set_trap_stack(void *stack_top) { (void)stack_top; }

static inline void arch_interrupts_on(void) { csr_set(sstatus, SSTATUS_SIE); }

static inline void arch_interrupts_off(void) { csr_clear(sstatus, SSTATUS_SIE); }

static inline bool arch_interrupts_save(void) {
    uint64_t status;
    __asm__ volatile("csrrci %0, sstatus, %1" : "=r"(status) : "i"(SSTATUS_SIE) : "memory");
    return status & SSTATUS_SIE;
}

// The hint `pause` of the Zihintpause extension; elsewhere it is a fence that orders nothing.
static inline void arch_cpu_relax(void) { __asm__ volatile(".4byte 0x0100000f" : : : "memory"); }

// wfi also ends for an interrupt that is pending while interrupts are off, so none is lost between
// the caller's last look and here.
static inline void arch_cpu_wait(void) {
    __asm__ volatile("wfi" : : : "memory");
    arch_interrupts_on();
}

// ---- Stack traces ------------------------------------------------------------------------------

extern char image_start[], image_text_end[], boot_stacks_start[], boot_stacks_end[];

#define arch_frame_pointer() ((const uint64_t *)__builtin_frame_address(0))

static inline bool riscv_is_frame_pointer(uint64_t address) {
    uint64_t record = address - 16; // frame pointers point just above their two words
    bool in_slots = record >= KERNEL_STACK_BASE && record - KERNEL_STACK_BASE < UINT64_C(1) << 30;
    bool at_boot = record >= (uint64_t)boot_stacks_start && record < (uint64_t)boot_stacks_end;
    return address % 8 == 0 && (in_slots || at_boot) && (record >> STACK_VALID_BIT & 1);
}

static inline bool arch_frame_unwind(const uint64_t *frame_pointer, uint64_t *previous,
                                     uint64_t *caller) {
    if (!riscv_is_frame_pointer((uint64_t)frame_pointer)) return false;
    // A function that calls none keeps only its caller's frame pointer, where others keep their
    // return address.
    uint64_t returns_to = frame_pointer[-1];
    if (returns_to < (uint64_t)image_start || returns_to >= (uint64_t)image_text_end) {
        if (!riscv_is_frame_pointer(returns_to)) return false;
        frame_pointer = (const uint64_t *)returns_to;
    }
    *caller = frame_pointer[-1];
    *previous = frame_pointer[-2];
    return true;
}

// ---- Page tables: Sv39 -------------------------------------------------------------------------

#define SV39_VALID    (UINT64_C(1) << 0)
#define SV39_ACCESS   UINT64_C(0xe) // read, write, execute: a leaf has at least one of them
#define SV39_USER     (UINT64_C(1) << 4)
#define SV39_GLOBAL   (UINT64_C(1) << 5)
#define SV39_ACCESSED (UINT64_C(1) << 6)
#define SV39_DIRTY    (UINT64_C(1) << 7)
// Bits 8 and 9 are software's: copy-on-write, and device memory, whose attributes the machine knows
// by address.
#define SV39_SOFTWARE     (UINT64_C(3) << 8)
#define SV39_NUMBER_SHIFT 10
#define SV39_NUMBER_MASK  ((UINT64_C(1) << 44) - 1)

static inline uint64_t pte_make(uint64_t physical, uint32_t flags) {
    // Accessed and dirty are set from the start, so that no machine faults to have them set.
    return physical >> PAGE_SHIFT << SV39_NUMBER_SHIFT | SV39_VALID | SV39_ACCESSED | SV39_DIRTY |
           (uint64_t)(flags & (PTE_READ | PTE_WRITE | PTE_EXEC | PTE_USER)) << 1 |
           (uint64_t)(flags & (PTE_COW | PTE_DEVICE)) << 4 | (uint64_t)(flags & PTE_GLOBAL) >> 1;
}

static inline uint64_t pte_make_large(uint64_t physical, uint32_t flags) {
    return pte_make(physical, flags);
}

static inline uint64_t pte_make_table(uint64_t physical) {
    return physical >> PAGE_SHIFT << SV39_NUMBER_SHIFT | SV39_VALID;
}

static inline uint64_t pte_physical(uint64_t entry) {
    return (entry >> SV39_NUMBER_SHIFT & SV39_NUMBER_MASK) << PAGE_SHIFT;
}

static inline uint32_t pte_flags(uint64_t entry) {
    return (uint32_t)((entry & (SV39_ACCESS | SV39_USER)) >> 1 | (entry & SV39_SOFTWARE) >> 4 |
                      (entry & SV39_GLOBAL) << 1);
}

static inline bool pte_is_present(uint64_t entry) { return entry & SV39_VALID; }

static inline bool pte_is_leaf(uint64_t entry, uint32_t level) {
    (void)level;
    return entry & SV39_ACCESS;
}

static inline void arch_tlb_flush_page(uint64_t address) {
    __asm__ volatile("sfence.vma %0, zero" : : "r"(address) : "memory");
}

static inline void arch_tlb_flush_all(void) { __asm__ volatile("sfence.vma" : : : "memory"); }

// ---- Trap frames -------------------------------------------------------------------------------

struct trap_frame {
    uint64_t registers[32]; // by number; [0] is the program counter
    uint64_t status;        // sstatus; 0 in a user frame
    uint64_t restore_all;   // the frame was replaced, so a system call's short way back is wrong
};

static inline const uint64_t *arch_frame_arguments(const struct trap_frame *frame) {
    return &frame->registers[10];
}

static inline void arch_frame_set_result(struct trap_frame *frame, int64_t value) {
    frame->registers[10] = (uint64_t)value;
}

static inline bool arch_frame_is_user(const struct trap_frame *frame) {
    return (frame->status & SSTATUS_SPP) == 0;
}

static inline uint64_t arch_frame_program_counter(const struct trap_frame *frame) {
    return frame->registers[0];
}

static inline uint64_t arch_frame_stack_pointer(const struct trap_frame *frame) {
    return frame->registers[2];
}

static inline uint64_t arch_frame_pointer_of(const struct trap_frame *frame) {
    return frame->registers[8];
}

// ---- Devices -----------------------------------------------------------------------------------

// The 16550's registers, or memory that looks like an idle one if the machine has none.
extern volatile uint8_t *riscv_uart_registers;

static inline uint8_t arch_uart_read(uint32_t number) { return riscv_uart_registers[number]; }

static inline void arch_uart_write(uint32_t number, uint8_t byte) {
    riscv_uart_registers[number] = byte;
}

static inline void arch_read_memory_barrier(void) {
    __asm__ volatile("fence ir, ir" : : : "memory");
}

static inline void arch_write_memory_barrier(void) {
    __asm__ volatile("fence ow, ow" : : : "memory");
}

static inline void arch_memory_barrier(void) {
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}
