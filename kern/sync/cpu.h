// SPDX-License-Identifier: MIT
// CPU identity and the part of every thread that locks need. `current` never changes under a
// running thread, so it may be read at any time; this_cpu() may change with every interrupt, so it
// is only meaningful while interrupts are off.
#pragma once

#include "arch.h"

struct lock_held {
    const struct spinlock *lock;
    const char *site;
};

#define LOCKS_HELD_MAX 8

// One per CPU. Fields are the CPU's own unless marked.
struct cpu {
    uint32_t index;
    struct run_queue *run_queue; // its ready threads; constant after boot
    uint32_t locks_held_count;   // debug builds: spin locks held, outermost first
    struct lock_held locks_held[LOCKS_HELD_MAX];
    uint64_t kernel_map_seen;   // generation of the kernel's map that this CPU's TLB has seen
    uint64_t page_table_active; // physical address of the root in use; others read it
    uint32_t flushes_wanted;    // TLB flushes that other CPUs have asked for; atomic
    uint32_t flushes_done;      // how many of them; atomic
    bool has_tick;              // the timer is set to end a slice, or earlier
    uint64_t balance_due;       // when it looks at the queues of others next
    bool online;                // written by the CPU itself, read by all
} __attribute__((aligned(64)));

// The first member of every struct thread.
struct thread_header {
    struct cpu *cpu;             // where it runs, or last ran
    uint32_t interrupts_depth;   // reasons to keep interrupts off; they are on when there is none
    struct address_space *space; // whose user memory it sees, or NULL
};

extern struct cpu cpus[MAX_CPUS];
extern uint32_t cpu_count; // written once at boot

static inline struct cpu *this_cpu(void) { return arch_current()->cpu; }

// Flushes the TLB if another CPU waits for that, see address_space.c. Called from the interrupt
// that asks for it, and wherever a CPU waits for another one with interrupts off. Interrupts are
// off.
static inline void cpu_serve_flushes(void) {
    struct cpu *cpu = this_cpu();
    uint32_t wanted = __atomic_load_n(&cpu->flushes_wanted, __ATOMIC_ACQUIRE);
    if (__builtin_expect(wanted == cpu->flushes_done, 1)) return;
    arch_tlb_flush_all();
    __atomic_store_n(&cpu->flushes_done, wanted, __ATOMIC_RELEASE);
}

// Nestable. A thread carries its own depth from CPU to CPU. A trap that must not be interrupted
// counts as one level, so that what it calls does not turn interrupts on.
static inline void interrupts_disable(void) {
    arch_interrupts_off();
    arch_current()->interrupts_depth++;
}

static inline void interrupts_restore(void) {
    if (--arch_current()->interrupts_depth == 0) arch_interrupts_on();
}
