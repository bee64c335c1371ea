// SPDX-License-Identifier: MIT
// The machine that exists only as a process: the whole portable kernel becomes a library for Check
// suites, sanitizers and fuzzers. This header is for arch/host and tests/host.
//
// Physical memory is one mapped arena, and the direct map is where the arena happens to lie. Page
// tables are real trees in it; what would be the hardware's walk is done in memory.c, through a
// small TLB, so that demand-zero, copy-on-write and a forgotten flush all show. Kernel code runs
// natively and unmapped, so kern/mem/kernel_map.c does not fit; kernel_map.c here takes its place.
//
// A CPU is a role that one POSIX thread at a time plays. Every kernel thread has a POSIX thread of
// its own, and a context switch hands the CPU from one to the other, so that the sanitizers see
// ordinary threads and no switched stacks. Interrupts come where they are turned on, where a CPU
// waits, and between two instructions of a user program, which is interpreted (program.h).
//
// The clock is virtual: it advances when a test says so, with each interpreted instruction, while
// a CPU spins, and to the next deadline whenever all CPUs wait. On one CPU every run is the same.
#pragma once

#include "arch.h"
#include "sync/cpu.h"

// ---- The machine -------------------------------------------------------------------------------

#define HOST_MEMORY_START  (UINT64_C(16) << 20) // physical address of the arena
#define HOST_INSTRUCTION   UINT64_C(100)        // nanoseconds that an instruction takes
#define HOST_UART_IRQ      4
#define HOST_LOG_MAX       (64 * 1024)
#define HOST_PAGES_DEFAULT 4096

// Maps an arena of `pages` and describes the machine. An initrd, if given, is copied to its end.
void host_machine_init(struct boot_info *info, uint32_t pages, uint32_t cpu_count,
                       const void *initrd, size_t initrd_size);

// Lets the calling POSIX thread play a CPU that nobody plays yet.
void host_cpu_attach(uint32_t index, struct thread_header *header);

// Takes part in the agreement that only when all CPUs wait time may jump, with so many CPUs from
// now on.
void host_cpus_online(uint32_t count);

// From now on idle CPUs just stand still.
void host_machine_stop(void);

// Before the machine starts, if somebody is to wait for its end.
void host_end_init(void);

// Lets host_wait_for_end() return, and waits for it: true if the machine ended by a panic.
void host_machine_end(bool failed);
bool host_wait_for_end(void);

// ---- Log and console ---------------------------------------------------------------------------

// What the kernel has written to its log or its UART so far, zero-terminated.
const char *host_log(void);
void host_log_write(const char *text, size_t size); // a sink for log_set_sink()

// Types on the console.
void host_uart_type(const char *text);

// ---- Clock and failures ------------------------------------------------------------------------

void host_clock_advance(uint64_t nanoseconds);

// The allocations of pages, objects and kernel stacks after the next `count` fail, until told
// otherwise. UINT64_MAX: none fails.
void host_fail_allocations_after(uint64_t count);
bool host_allocation_fails(void);

// Calls body(context), which is to panic on this thread. True if it did; the log then holds the
// message. The kernel cannot be used afterwards.
bool host_catch_panic(void (*body)(void *context), void *context);

// ---- Inside arch/host --------------------------------------------------------------------------

#define HOST_TLB_ENTRIES 64

struct host_tlb_entry {
    uint64_t page; // its address, or UINT64_MAX
    uint64_t entry;
};

enum host_interrupt { HOST_NO_INTERRUPT, HOST_TIMER, HOST_IPI, HOST_DEVICE };

// The state belongs to whoever plays the CPU, but for what is marked.
struct host_cpu {
    uint32_t index;
    bool interrupts_on;
    bool waiting;         // under the machine lock
    uint32_t ipi_pending; // atomic
    uint32_t irq_pending; // atomic
    uint64_t deadline;    // of the timer
    struct thread_header *current;
    uint64_t page_table;
    struct host_tlb_entry tlb[HOST_TLB_ENTRIES];
};

// The CPU that the calling POSIX thread plays. It may be another after every interrupt.
struct host_cpu *host_cpu(void);
struct host_cpu *host_cpu_at(uint32_t index);
void host_cpu_play(struct host_cpu *cpu);

// Takes the next interrupt off the calling CPU, if one is pending.
enum host_interrupt host_interrupt_take(void);
void host_interrupt_call(enum host_interrupt interrupt, struct trap_frame *frame);

// The byte of user memory at `address` if all of `needed` (PTE_READ, ...) is allowed there, or
// NULL. Valid to the end of its page.
uint8_t *host_user_byte(uint64_t address, uint32_t needed);

// Ends the POSIX thread behind the kernel stack with this top, if there is one.
void host_thread_retire(void *stack_top);

// Prints and ends the process: the test itself is wrong.
_Noreturn void host_give_up(const char *message);
