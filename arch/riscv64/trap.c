// SPDX-License-Identifier: MIT
// What kind of trap it is, and whose business; and everything about trap frames and contexts that
// need not be assembly. A frame belongs to the thread that trapped.
#include "machine.h"
#include "lib/print.h"
#include "lib/string.h"
#include "sync/cpu.h"

#define INTERRUPT_SOFTWARE 1
#define INTERRUPT_TIMER    5
#define INTERRUPT_EXTERNAL 9

#define EXCEPTION_FETCH_MISALIGNED 0
#define EXCEPTION_ILLEGAL          2
#define EXCEPTION_BREAKPOINT       3
#define EXCEPTION_LOAD_MISALIGNED  4
#define EXCEPTION_STORE_MISALIGNED 6
#define EXCEPTION_FETCH_PAGE       12
#define EXCEPTION_LOAD_PAGE        13
#define EXCEPTION_STORE_PAGE       15

#define RA 1
#define SP 2
#define S0 8
#define A0 10
#define A1 11

extern char riscv_context_begin[], user_copy_start[], user_copy_bytes[], user_copy_end[];

_Static_assert(offsetof(struct trap_frame, status) == FRAME_STATUS, "layout.h");
_Static_assert(offsetof(struct trap_frame, restore_all) == FRAME_RESTORE_ALL, "layout.h");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "layout.h");
_Static_assert(TRAP_AREA_SIZE >= FRAME_SIZE + 16 && TRAP_AREA_SIZE % 16 == 0, "layout.h");

// ---- Traps -------------------------------------------------------------------------------------

// Completed before it is served: trap_device() may switch to another thread, and the interrupt must
// not wait until this one runs again. A device that still asserts it only interrupts once more.
static void external_interrupt(struct trap_frame *frame) {
    uint32_t index = this_cpu()->index;
    uint32_t irq = riscv_plic_claim(index);
    if (irq == 0) return;
    riscv_plic_complete(index, irq);
    trap_device(frame, irq);
}

static void interrupt(struct trap_frame *frame, uint64_t number) {
    switch (number) {
    case INTERRUPT_SOFTWARE:
        riscv_ipi_receive();
        trap_ipi(frame);
        break;
    case INTERRUPT_TIMER:
        riscv_clock_interrupt();
        trap_timer(frame);
        break;
    case INTERRUPT_EXTERNAL: external_interrupt(frame); break;
    }
}

// An access fault is not among the page faults: no mapping that the kernel could add would help.
static enum fault_kind fault_kind_of(uint64_t cause) {
    switch (cause) {
    case EXCEPTION_LOAD_PAGE: return FAULT_READ;
    case EXCEPTION_STORE_PAGE: return FAULT_WRITE;
    case EXCEPTION_FETCH_PAGE: return FAULT_EXECUTE;
    case EXCEPTION_ILLEGAL: return FAULT_ILLEGAL;
    case EXCEPTION_BREAKPOINT: return FAULT_BREAKPOINT;
    case EXCEPTION_FETCH_MISALIGNED:
    case EXCEPTION_LOAD_MISALIGNED:
    case EXCEPTION_STORE_MISALIGNED: return FAULT_ALIGNMENT;
    default: return FAULT_OTHER;
    }
}

static void exception(struct trap_frame *frame, uint64_t cause, uint64_t value) {
    enum fault_kind kind = fault_kind_of(cause);
    trap_fault(frame, kind == FAULT_ILLEGAL ? 0 : value, kind); // then it is the instruction
}

// From trap_entry.S: any trap from user mode but a system call.
void riscv_trap_user(struct trap_frame *frame, uint64_t cause, uint64_t value) {
    if (cause & SCAUSE_INTERRUPT)
        interrupt(frame, cause & ~SCAUSE_INTERRUPT);
    else
        exception(frame, cause, value);
}

// A user address that arch_user_copy() could not touch: it goes on where user_copy.S says.
static bool fix_user_copy(struct trap_frame *frame, uint64_t cause, uint64_t address) {
    uint64_t at = frame->registers[0];
    if (cause != EXCEPTION_LOAD_PAGE && cause != EXCEPTION_STORE_PAGE) return false;
    if (address >= USER_ADDRESS_MAX || at < (uint64_t)user_copy_start ||
        at >= (uint64_t)user_copy_end)
        return false;
    bool in_bytes = at >= (uint64_t)user_copy_bytes;
    frame->registers[0] = (uint64_t)(in_bytes ? user_copy_end : user_copy_bytes);
    return true;
}

// From trap_entry.S: a trap from the kernel.
void riscv_trap_kernel(struct trap_frame *frame, uint64_t cause, uint64_t value) {
    if (frame->registers[SP] != (uint64_t)frame + TRAP_AREA_SIZE)
        panic_at_frame(frame, "kernel stack overflow: sp 0x%lx", frame->registers[SP]);
    if (cause & SCAUSE_INTERRUPT)
        interrupt(frame, cause & ~SCAUSE_INTERRUPT);
    else if (!fix_user_copy(frame, cause, value))
        exception(frame, cause, value);
}

// ---- Frames and contexts -----------------------------------------------------------------------

struct trap_frame *arch_frame_of_stack(void *stack_top) {
    return (struct trap_frame *)((uint64_t)stack_top - TRAP_AREA_SIZE);
}

size_t arch_frame_size(void) { return sizeof(struct trap_frame); }

void arch_frame_init(struct trap_frame *frame, uint64_t entry, uint64_t stack, uint64_t argument0,
                     uint64_t argument1) {
    memset(frame, 0, sizeof(*frame));
    frame->registers[0] = entry;
    frame->registers[SP] = stack;
    frame->registers[A0] = argument0;
    frame->registers[A1] = argument1;
    frame->restore_all = true;
}

void arch_context_init(struct arch_context *context, void *stack_top, void (*entry)(void *),
                       void *argument) {
    *context = (struct arch_context){
        .ra = (uint64_t)riscv_context_begin,
        .sp = (uint64_t)stack_top,
        .s = {[1] = (uint64_t)entry, [2] = (uint64_t)argument},
    };
}

void arch_frame_print(const struct trap_frame *frame) {
    static const char names[32][4] = {"pc", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                      "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                      "a6", "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                      "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    for (uint32_t i = 0; i < 32; i += 4)
        kprintf("%4s %016lx %4s %016lx %4s %016lx %4s %016lx\n", names[i], frame->registers[i],
                names[i + 1], frame->registers[i + 1], names[i + 2], frame->registers[i + 2],
                names[i + 3], frame->registers[i + 3]);
    kprintf("status %lx, cause %lx, address %lx\n", frame->status, csr_read(scause),
            csr_read(stval));
}
