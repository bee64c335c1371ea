// SPDX-License-Identifier: MIT
// The inline part of the contract with an architecture (kern/arch.h), for x86_64. Page-table bits
// are those of the Intel SDM, volume 3, chapter 4.5. Nothing here takes a lock.
#pragma once

#include "machine_layout.h"
#include "lib/image.h"

#define ARCH_NAME         "x86_64"
#define ARCH_ELF_MACHINE  62
#define PAGE_TABLE_LEVELS 4

// The last page below the canonical hole is never mapped: a SYSCALL at its end would return to a
// non-canonical address, and SYSRET would then fault in kernel mode on the user's stack.
#define USER_ADDRESS_MAX UINT64_C(0x7ffffffff000)

// ---- CPU ---------------------------------------------------------------------------------------

// What entry code needs of its CPU; %gs points here while the kernel runs.
struct cpu_area {
    struct thread_header *current;
    uint64_t trap_stack_top; // where SYSCALL puts its frame
    uint64_t user_stack;     // the user's stack pointer for the few instructions before that
    uint32_t index;
    uint64_t timer_deadline;
} __attribute__((aligned(64)));

extern struct cpu_area cpu_areas[MAX_CPUS];

// The callee-saved registers of a switched-out thread; its return address is on its stack.
struct arch_context {
    uint64_t rsp, rbx, rbp, r12, r13, r14, r15;
};

// Not volatile, so that a function loads it once. The operand tells the compiler what is read, and
// with it that arch_set_current() changes it.
static inline struct thread_header *arch_current(void) {
    struct thread_header *current;
    asm("movq %%gs:%c1, %0" : "=r"(current) : "i"(AREA_CURRENT), "m"(cpu_areas));
    return current;
}

static inline void arch_set_current(struct thread_header *header) {
    asm volatile("movq %0, %%gs:%c1" : : "r"(header), "i"(AREA_CURRENT) : "memory");
}

void x86_set_trap_stack(void *stack_top);

static inline void arch_set_trap_stack(void *stack_top) { x86_set_trap_stack(stack_top); }

static inline void arch_interrupts_on(void) { asm volatile("sti" : : : "memory"); }

static inline void arch_interrupts_off(void) { asm volatile("cli" : : : "memory"); }

static inline bool arch_interrupts_save(void) {
    uint64_t flags;
    asm volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    return flags & RFLAGS_IF;
}

static inline void arch_cpu_relax(void) { asm volatile("pause" : : : "memory"); }

// STI takes effect only after the next instruction, so no interrupt falls between the two.
static inline void arch_cpu_wait(void) { asm volatile("sti\n\thlt" : : : "memory"); }

static inline const uint64_t *arch_frame_pointer(void) { return __builtin_frame_address(0); }

// A kernel stack lies in the upper half of a slot (kern/mem/kernel_map.h), or is one of the few in
// the image's data.
static inline bool arch_frame_unwind(const uint64_t *frame_pointer, uint64_t *previous,
                                     uint64_t *caller) {
    uint64_t address = (uint64_t)frame_pointer;
    bool in_slot = address >= KERNEL_STACK_BASE && address < KERNEL_IMAGE_OFFSET &&
                   (address & KERNEL_STACK_HALF);
    bool in_image = address >= (uint64_t)image_rodata_end && address < (uint64_t)image_end - 16;
    if ((address & 7) != 0 || (!in_slot && !in_image) || frame_pointer[1] == 0) return false;
    *previous = frame_pointer[0];
    *caller = frame_pointer[1];
    return true;
}

// ---- Page tables -------------------------------------------------------------------------------

#define PTE_BIT_PRESENT  (UINT64_C(1) << 0)
#define PTE_BIT_WRITE    (UINT64_C(1) << 1)
#define PTE_BIT_USER     (UINT64_C(1) << 2)
#define PTE_BIT_UNCACHED (UINT64_C(3) << 3)
#define PTE_BIT_ACCESSED (UINT64_C(1) << 5)
#define PTE_BIT_DIRTY    (UINT64_C(1) << 6)
#define PTE_BIT_LARGE    (UINT64_C(1) << 7)
#define PTE_BIT_GLOBAL   (UINT64_C(1) << 8)
#define PTE_BIT_COW      (UINT64_C(1) << 9) // one of three bits that the CPU ignores
#define PTE_BIT_NO_EXEC  (UINT64_C(1) << 63)
#define PTE_ADDRESS_MASK UINT64_C(0x000ffffffffff000)

// Accessed and dirty are set beforehand: nothing reads them, and the CPU need not write them then.
static inline uint64_t pte_make(uint64_t physical, uint32_t flags) {
    uint64_t entry = physical | PTE_BIT_ACCESSED | PTE_BIT_DIRTY;
    entry |= flags & (PTE_READ | PTE_WRITE | PTE_EXEC) ? PTE_BIT_PRESENT : 0;
    entry |= flags & PTE_WRITE ? PTE_BIT_WRITE : 0;
    entry |= flags & PTE_EXEC ? 0 : PTE_BIT_NO_EXEC;
    entry |= flags & PTE_USER ? PTE_BIT_USER : 0;
    entry |= flags & PTE_COW ? PTE_BIT_COW : 0;
    entry |= flags & PTE_DEVICE ? PTE_BIT_UNCACHED : 0;
    entry |= flags & PTE_GLOBAL ? PTE_BIT_GLOBAL : 0;
    return entry;
}

static inline uint64_t pte_make_large(uint64_t physical, uint32_t flags) {
    return pte_make(physical, flags) | PTE_BIT_LARGE;
}

// The leaves below decide about access.
static inline uint64_t pte_make_table(uint64_t physical) {
    return physical | PTE_BIT_PRESENT | PTE_BIT_WRITE | PTE_BIT_USER | PTE_BIT_ACCESSED;
}

static inline uint64_t pte_physical(uint64_t entry) { return entry & PTE_ADDRESS_MASK; }

static inline uint32_t pte_flags(uint64_t entry) {
    uint32_t flags = entry & PTE_BIT_PRESENT ? PTE_READ : 0;
    flags |= entry & PTE_BIT_WRITE ? PTE_WRITE : 0;
    flags |= entry & PTE_BIT_NO_EXEC ? 0 : PTE_EXEC;
    flags |= entry & PTE_BIT_USER ? PTE_USER : 0;
    flags |= entry & PTE_BIT_COW ? PTE_COW : 0;
    flags |= entry & PTE_BIT_UNCACHED ? PTE_DEVICE : 0;
    flags |= entry & PTE_BIT_GLOBAL ? PTE_GLOBAL : 0;
    return flags;
}

static inline bool pte_is_present(uint64_t entry) { return entry & PTE_BIT_PRESENT; }

static inline bool pte_is_leaf(uint64_t entry, int level) {
    return level == 0 || (entry & PTE_BIT_LARGE);
}

static inline void arch_tlb_flush_page(uint64_t address) {
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

// Global entries stay: they map the kernel, and once present they never change.
static inline void arch_tlb_flush_all(void) {
    uint64_t page_table;
    asm volatile("movq %%cr3, %0\n\tmovq %0, %%cr3" : "=r"(page_table) : : "memory");
}

// ---- Trap frames -------------------------------------------------------------------------------

struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, rcx, rax;
    uint64_t rdi, rsi, rdx, r10, r8, r9; // the six arguments of a system call, in order
    uint64_t vector;                     // why the kernel was entered
    uint64_t error;                      // the CPU's error code, or 0
    uint64_t rip, cs, rflags, rsp, ss;   // as the CPU pushes and pops them
};

static inline const uint64_t *arch_frame_arguments(const struct trap_frame *frame) {
    return &frame->rdi;
}

static inline void arch_frame_set_result(struct trap_frame *frame, int64_t value) {
    frame->rax = (uint64_t)value;
}

static inline bool arch_frame_is_user(const struct trap_frame *frame) { return frame->cs & 3; }

static inline uint64_t arch_frame_program_counter(const struct trap_frame *frame) {
    return frame->rip;
}

static inline uint64_t arch_frame_stack_pointer(const struct trap_frame *frame) {
    return frame->rsp;
}

static inline uint64_t arch_frame_pointer_of(const struct trap_frame *frame) { return frame->rbp; }

// ---- Devices -----------------------------------------------------------------------------------

static inline uint8_t arch_uart_read(uint32_t uart_register) {
    uint8_t value;
    asm volatile("inb %w1, %b0" : "=a"(value) : "Nd"(UART_PORT + uart_register) : "memory");
    return value;
}

static inline void arch_uart_write(uint32_t uart_register, uint8_t value) {
    asm volatile("outb %b0, %w1" : : "a"(value), "Nd"(UART_PORT + uart_register) : "memory");
}

// Loads are never reordered with loads, nor stores with stores (SDM volume 3, 8.2.2), so only the
// compiler has to be told. A store and a later load are.
static inline void arch_read_memory_barrier(void) { asm volatile("" : : : "memory"); }

static inline void arch_write_memory_barrier(void) { asm volatile("" : : : "memory"); }

static inline void arch_memory_barrier(void) { asm volatile("mfence" : : : "memory"); }
