// SPDX-License-Identifier: MIT
// The kernel's half of every address space: the direct map of memory and devices, the image with
// its sections' rights, and guarded kernel stacks. Built once at boot; only stacks are added later.
#pragma once

#include "sync/cpu.h"

// Builds the kernel's page table. Nothing in it is both writable and executable.
void kernel_map_init(const struct boot_info *info);

// Physical address of the kernel's own root, which has no user half.
uint64_t kernel_map_page_table(void);

// A new root that shares the kernel half; 0 when memory is out.
uint64_t kernel_map_new_root(void);

// The top of a fresh or recycled kernel stack with an unmapped guard below, or NULL. A stack keeps
// its address and pages for ever; free stacks are kept for reuse.
void *kernel_stack_alloc(void);
void kernel_stack_free(void *stack_top);

// Brings this CPU's TLB up to date with stacks added since it last looked. Interrupts are off.
void kernel_map_flush(void);
extern uint64_t kernel_map_generation; // atomic: counts stacks ever mapped
static inline void kernel_map_sync(void) {
    if (this_cpu()->kernel_map_seen != __atomic_load_n(&kernel_map_generation, __ATOMIC_RELAXED))
        kernel_map_flush();
}

// True if a kernel fault at `address` only means that the TLB was behind; it no longer is.
bool kernel_map_fault_is_spurious(uint64_t address);

// True if the address lies in a guard below a kernel stack.
bool kernel_map_is_stack_guard(uint64_t address);

// Pages in free stacks, which a statistic may count as free.
uint64_t kernel_stack_pages_cached(void);
