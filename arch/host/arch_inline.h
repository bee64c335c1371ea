// SPDX-License-Identifier: MIT
// What the portable kernel needs inline from the POSIX host. kern/arch.h lists these names; what
// they stand for here is told in host.h.
#pragma once

struct thread_header;
struct host_thread;

#define ARCH_NAME         "host"
#define ARCH_ELF_MACHINE  0x6376 // nobody's: programs for the interpreter in user.c
#define PAGE_TABLE_LEVELS 3
#define USER_ADDRESS_MAX  (UINT64_C(1) << 38)

// Known once the arena that stands for physical memory has been mapped.
extern uint64_t host_direct_map_base, host_image_offset, host_stack_base;
#define DIRECT_MAP_BASE     host_direct_map_base
#define KERNEL_IMAGE_OFFSET host_image_offset
#define KERNEL_STACK_BASE   host_stack_base

// ---- CPU: functions, since a thread-local address must not outlive a context switch ------------

struct arch_context {
    struct host_thread *thread;
};

struct thread_header *arch_current(void);
void arch_set_current(struct thread_header *header);
void arch_interrupts_on(void);
void arch_interrupts_off(void);
// There is no user mode.
static inline void arch_set_trap_stack(void *stack_top) { (void)stack_top; }

bool arch_interrupts_save(void);
void arch_cpu_relax(void);
void arch_cpu_wait(void);

// The sanitizers print better stack traces than the kernel could here.
#define arch_frame_pointer() ((const uint64_t *)0)

static inline bool arch_frame_unwind(const uint64_t *frame_pointer, uint64_t *previous,
                                     uint64_t *caller) {
    (void)frame_pointer;
    *previous = *caller = 0;
    return false;
}

// ---- Page tables: portable flags above two bits of structure -----------------------------------

#define HOST_PTE_PRESENT    (UINT64_C(1) << 0)
#define HOST_PTE_LEAF       (UINT64_C(1) << 1)
#define HOST_PTE_FLAG_SHIFT 2
#define HOST_PTE_FLAGS      UINT64_C(0x7f)

static inline uint64_t pte_make(uint64_t physical, uint32_t flags) {
    return physical | (uint64_t)flags << HOST_PTE_FLAG_SHIFT | HOST_PTE_PRESENT | HOST_PTE_LEAF;
}

static inline uint64_t pte_make_large(uint64_t physical, uint32_t flags) {
    return pte_make(physical, flags);
}

static inline uint64_t pte_make_table(uint64_t physical) { return physical | HOST_PTE_PRESENT; }

static inline uint64_t pte_physical(uint64_t entry) { return entry & ~(uint64_t)(PAGE_SIZE - 1); }

static inline uint32_t pte_flags(uint64_t entry) {
    return (uint32_t)(entry >> HOST_PTE_FLAG_SHIFT & HOST_PTE_FLAGS);
}

static inline bool pte_is_present(uint64_t entry) { return entry & HOST_PTE_PRESENT; }

static inline bool pte_is_leaf(uint64_t entry, uint32_t level) {
    (void)level;
    return entry & HOST_PTE_LEAF;
}

void arch_tlb_flush_page(uint64_t address);
void arch_tlb_flush_all(void);

// ---- Trap frames -------------------------------------------------------------------------------

#define HOST_REGISTERS       16
#define HOST_FRAME_REGISTER  14
#define HOST_STACK_REGISTER  15
#define HOST_NUMBER_REGISTER 7 // which system call; arguments in 0 to 5, result in 0

struct trap_frame {
    uint64_t registers[HOST_REGISTERS];
    uint64_t program_counter;
    uint64_t is_user;
};

static inline const uint64_t *arch_frame_arguments(const struct trap_frame *frame) {
    return frame->registers;
}

static inline void arch_frame_set_result(struct trap_frame *frame, int64_t value) {
    frame->registers[0] = (uint64_t)value;
}

static inline bool arch_frame_is_user(const struct trap_frame *frame) { return frame->is_user; }

static inline uint64_t arch_frame_program_counter(const struct trap_frame *frame) {
    return frame->program_counter;
}

static inline uint64_t arch_frame_stack_pointer(const struct trap_frame *frame) {
    return frame->registers[HOST_STACK_REGISTER];
}

static inline uint64_t arch_frame_pointer_of(const struct trap_frame *frame) {
    return frame->registers[HOST_FRAME_REGISTER];
}

// ---- Devices -----------------------------------------------------------------------------------

uint8_t arch_uart_read(uint32_t number);
void arch_uart_write(uint32_t number, uint8_t byte);

static inline void arch_memory_barrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

static inline void arch_read_memory_barrier(void) { arch_memory_barrier(); }

static inline void arch_write_memory_barrier(void) { arch_memory_barrier(); }
