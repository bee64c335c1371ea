// SPDX-License-Identifier: MIT
// A process's memory: a few regions (segments, heap, stack), mapped on demand and copied on write.
// The address space's spin lock guards regions and page table. It is used by the threads of its
// process and, while it is built or torn down, by the one that builds it.
#pragma once

#include "mem/kernel_map.h"
#include "mem/page.h"
#include "sync/lock.h"

#define REGIONS_MAX 16

// Where a new program's stack lies: below the programs, which are linked at USER_PROGRAM_BASE, so
// that a small process needs one leaf table. The page between is a guard, and so is all below.
#define USER_STACK_LOW    UINT64_C(0x201000)
#define USER_STACK_TOP    UINT64_C(0x2ff000)
#define USER_PROGRAM_BASE UINT64_C(0x300000)

struct region {
    uint64_t start; // page aligned
    uint64_t end;
    uint32_t flags; // PTE_READ | PTE_WRITE | PTE_EXEC
    uint32_t room;  // pages below start that it may still grow into, as a stack does
};

struct account;

struct address_space {
    struct spinlock lock;
    struct account *account; // its pages are charged to
    uint64_t page_table;     // physical address of the root
    uint32_t region_count;
    uint32_t heap; // index of the heap's region
    struct region regions[REGIONS_MAX];
    uint64_t heap_end; // the break, to the byte
    uint64_t
        heap_highest; // the heap's highest end ever, page aligned: there may be tables up to here
    uint64_t pages;   // user pages mapped
    uint64_t tables;  // of the page table, the root among them
    uint32_t shootdowns; // times that other CPUs may have had to flush
};

// Who is asked before pages are mapped, and told (with a negative number) when they are no longer.
typedef bool address_space_charge_function(struct account *account, int64_t pages);
void address_space_set_charge(address_space_charge_function *charge); // at boot

// An empty address space, or NULL when memory is out.
struct address_space *address_space_create(struct account *account);

// Frees everything. No CPU uses it any more.
void address_space_destroy(struct address_space *space);

// A copy-on-write copy, or NULL when memory is out. The caller runs in `space`, and its TLB is
// flushed.
struct address_space *address_space_fork(struct address_space *space);

// Adds a demand-zero region. -EINVAL if it is empty, unaligned, outside user space, overlaps
// another, or is both writable and executable; -ENOMEM when there are too many.
int address_space_add_region(struct address_space *space, uint64_t start, uint64_t end,
                             uint32_t flags);

// Adds a demand-zero stack that ends at `end` and grows down, as it is used, to `lowest`.
int address_space_add_stack(struct address_space *space, uint64_t lowest, uint64_t end);

// Marks the (possibly empty) region at `start` as the heap, which sbrk moves the end of.
int address_space_set_heap(struct address_space *space, uint64_t start);

// Maps a page (taking over one reference) at an address inside a region. It is mapped without write
// access if it is shared, to be copied on write. -ENOMEM, and then the reference is still the
// caller's.
int address_space_map_page(struct address_space *space, uint64_t address, void *page);

// Resolves a fault by demand-zero or copy-on-write. 0, or -EFAULT if the access is not allowed, or
// -ENOMEM. Any context without spin locks of a higher rank.
int address_space_fault(struct address_space *space, uint64_t address, enum fault_kind kind);

// Moves the heap's end by `delta` bytes; *old is where it was. -ENOMEM if that is not possible.
int address_space_move_heap(struct address_space *space, int64_t delta, uint64_t *old);

// Makes `space` the current thread's; NULL: the kernel's own, without user memory.
void address_space_activate(struct address_space *space);

// Loads the page table of a thread that is about to run on this CPU. Interrupts are off.
static inline void address_space_switch_to(const struct thread_header *next) {
    struct cpu *cpu = arch_current()->cpu;
    uint64_t page_table = next->space ? next->space->page_table : kernel_map_page_table();
    if (cpu->page_table_active == page_table) return;
    // Before the page table is used: whoever changes it sees that this CPU may remember it.
    __atomic_exchange_n(&cpu->page_table_active, page_table, __ATOMIC_SEQ_CST);
    arch_page_table_activate(page_table);
}

// The address space that uaccess works on, or NULL.
static inline struct address_space *address_space_current(void) { return arch_current()->space; }

// At boot.
void address_space_init(void);
