// SPDX-License-Identifier: MIT
// The calls up from an architecture but for system calls, which gate.c has: faults, timer, devices,
// and other CPUs. All begin and end with interrupts off and hold no lock.

#include "abi/errno.h"
#include "dev/interrupt.h"
#include "lib/print.h"
#include "mem/kernel_map.h"
#include "proc/process.h"
#include "sys/trap.h"

void trap_settle(void) {
    struct thread_header *header = arch_current();
    do {
        // Acquire: the reason was written first.
        if (__atomic_load_n(&thread_current()->killed, __ATOMIC_ACQUIRE)) {
            arch_interrupts_on();
            user_thread_end(0);
        }
        header->interrupts_depth++;
        sched_give_way();
        header->interrupts_depth--;
    } while (__atomic_load_n(&thread_current()->killed, __ATOMIC_RELAXED)); // while others ran
}

// An interrupt must not be interrupted: it counts as a level of its own.
static void begin_interrupt(void) { arch_current()->interrupts_depth++; }

static void end_interrupt(const struct trap_frame *frame) {
    struct thread_header *header = arch_current();
    if (!arch_frame_is_user(frame)) sched_preempt();
    header->interrupts_depth--;
    if (arch_frame_is_user(frame)) trap_settle_before_user();
}

static const char *const fault_texts[] = {
    [FAULT_READ] = "read from",
    [FAULT_WRITE] = "write to",
    [FAULT_EXECUTE] = "execution of",
    [FAULT_ILLEGAL] = "illegal instruction near",
    [FAULT_ALIGNMENT] = "misaligned access to",
    [FAULT_BREAKPOINT] = "breakpoint at",
    [FAULT_OTHER] = "fault at",
};

static _Noreturn void end_faulting_process(struct trap_frame *frame, uint64_t address,
                                           enum fault_kind kind, int error) {
    const struct process *process = process_current();
    bool is_access = kind == FAULT_READ || kind == FAULT_WRITE || kind == FAULT_EXECUTE;
    kprintf("process %d (%s) ended: %s 0x%lx at pc 0x%lx%s\n", process->pid, process->name,
            fault_texts[kind], address, arch_frame_program_counter(frame),
            error == -ENOMEM ? ": out of memory" : "");
    process_exit(is_access ? STATUS_FAULT : STATUS_ILLEGAL);
}

static void fault_in_user(struct trap_frame *frame, uint64_t address, enum fault_kind kind) {
    int error = -EFAULT;
    arch_interrupts_on();
    if (kind == FAULT_READ || kind == FAULT_WRITE || kind == FAULT_EXECUTE)
        error = address_space_fault(address_space_current(), address, kind);
    if (error) end_faulting_process(frame, address, kind, error);
    arch_interrupts_off();
    trap_settle_before_user();
}

void trap_fault(struct trap_frame *frame, uint64_t address, enum fault_kind kind) {
    if (arch_frame_is_user(frame))
        fault_in_user(frame, address, kind);
    else if (kernel_map_is_stack_guard(address))
        panic_at_frame(frame, "kernel stack overflow: %s 0x%lx", fault_texts[kind], address);
    else if (!kernel_map_fault_is_spurious(address))
        panic_at_frame(frame, "kernel fault: %s 0x%lx", fault_texts[kind], address);
}

void trap_timer(struct trap_frame *frame) {
    begin_interrupt();
    sched_tick();
    end_interrupt(frame);
}

void trap_ipi(struct trap_frame *frame) {
    begin_interrupt();
    cpu_serve_flushes();
    end_interrupt(frame);
}

void trap_device(struct trap_frame *frame, uint32_t irq) {
    begin_interrupt();
    interrupt_dispatch(irq);
    end_interrupt(frame);
}
