// SPDX-License-Identifier: MIT
// The interrupt table, and from a vector to one of the calls that the portable kernel takes. The
// table is written once by the boot CPU; nothing here is locked.
#include "machine.h"
#include "lib/print.h"

#define GATE_INTERRUPT UINT64_C(0x8e) // present, interrupts off on entry
#define GATE_USER      UINT64_C(0x60) // may also be reached by an instruction in user mode
#define STUB_SIZE      16

// Stacks of the interrupt-stack table (cpu.c).
#define STACK_NMI   1
#define STACK_FATAL 2

enum exception {
    EXCEPTION_DEBUG = 1,
    EXCEPTION_NMI = 2,
    EXCEPTION_BREAKPOINT = 3,
    EXCEPTION_INVALID_OPCODE = 6,
    EXCEPTION_NO_DEVICE = 7, // floating point, which nobody has
    EXCEPTION_DOUBLE_FAULT = 8,
    EXCEPTION_STACK = 12,
    EXCEPTION_PROTECTION = 13,
    EXCEPTION_PAGE = 14,
    EXCEPTION_ALIGNMENT = 17,
    EXCEPTION_MACHINE_CHECK = 18,
};

#define PAGE_FAULT_WRITE   0x02
#define PAGE_FAULT_USER    0x04
#define PAGE_FAULT_EXECUTE 0x10

struct gate {
    uint64_t low, high;
};

struct fixup {
    uint64_t instruction, target;
};

extern const char interrupt_stubs[];
extern const struct fixup user_copy_fixups[], user_copy_fixups_end[];

static struct gate interrupt_table[VECTOR_COUNT] __attribute__((aligned(16)));
static bool stopping; // atomic: a panic stops the other CPUs
static uint32_t stopped_count;

void interrupt_dispatch_frame(struct trap_frame *frame);
void interrupt_dispatch_special(struct trap_frame *frame);

static void set_gate(uint32_t vector, uint64_t stack, uint64_t flags) {
    uint64_t stub = (uint64_t)interrupt_stubs + (uint64_t)vector * STUB_SIZE;
    interrupt_table[vector] = (struct gate){
        .low = (stub & 0xffff) | SELECTOR_KERNEL_CODE << 16 | stack << 32 |
               (GATE_INTERRUPT | flags) << 40 | (stub >> 16 & 0xffff) << 48,
        .high = stub >> 32,
    };
}

void interrupt_table_load(void) {
    if (interrupt_table[0].low == 0) {
        for (uint32_t vector = 0; vector < VECTOR_COUNT; vector++) set_gate(vector, 0, 0);
        set_gate(EXCEPTION_BREAKPOINT, 0, GATE_USER);
        set_gate(EXCEPTION_NMI, STACK_NMI, 0);
        set_gate(EXCEPTION_DOUBLE_FAULT, STACK_FATAL, 0);
        set_gate(EXCEPTION_MACHINE_CHECK, STACK_FATAL, 0);
    }
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof(interrupt_table) - 1, (uint64_t)interrupt_table};
    asm volatile("lidt %0" : : "m"(pointer));
}

static uint64_t fault_address(void) {
    uint64_t address;
    asm volatile("movq %%cr2, %0" : "=r"(address));
    return address;
}

// A program's own supervisor access, to a descriptor table or (in QEMU) to what IRET pops, is never
// served: SMAP would refuse it again and again.
static enum fault_kind page_fault_kind(const struct trap_frame *frame) {
    uint64_t error = frame->error;
    if (arch_frame_is_user(frame) && !(error & PAGE_FAULT_USER)) return FAULT_ILLEGAL;
    if (error & PAGE_FAULT_EXECUTE) return FAULT_EXECUTE;
    return error & PAGE_FAULT_WRITE ? FAULT_WRITE : FAULT_READ;
}

// A fault of arch_user_copy() in user memory ends the copy; any other in the kernel is a bug.
static bool resume_user_copy(struct trap_frame *frame, uint64_t address) {
    if (arch_frame_is_user(frame) || address >= USER_ADDRESS_MAX) return false;
    for (const struct fixup *fixup = user_copy_fixups; fixup < user_copy_fixups_end; fixup++) {
        if (frame->rip == fixup->instruction) {
            frame->rip = fixup->target;
            return true;
        }
    }
    return false;
}

// Instructions that are refused for themselves: input and output, INT, HLT, CLI, STI, and the
// system instructions among those that begin with 0f.
static bool is_privileged_instruction(const struct trap_frame *frame) {
    static const uint8_t privileged[] = {0x6c, 0x6d, 0x6e, 0x6f, 0xcd, 0xe4, 0xe5, 0xe6,
                                         0xe7, 0xec, 0xed, 0xee, 0xef, 0xf4, 0xfa, 0xfb};
    uint8_t code[2];
    if (frame->rip >= USER_ADDRESS_MAX || arch_user_copy(code, (void *)frame->rip, 2) > 0)
        return false;
    for (size_t i = 0; i < sizeof(privileged); i++)
        if (code[0] == privileged[i]) return true;
    return code[0] == 0x0f && (code[1] < 0x10 || (code[1] >= 0x20 && code[1] < 0x40));
}

// The CPU does not say whether it was the instruction or an address that is not canonical, nor
// which address.
static void handle_protection_fault(struct trap_frame *frame) {
    if (!arch_frame_is_user(frame))
        trap_fault(frame, 0, FAULT_OTHER);
    else if (is_privileged_instruction(frame))
        trap_fault(frame, 0, FAULT_ILLEGAL);
    else
        trap_fault(frame, UINT64_MAX, FAULT_READ);
}

static void handle_exception(struct trap_frame *frame) {
    switch (frame->vector) {
    case EXCEPTION_PAGE: {
        uint64_t address = fault_address();
        if (!resume_user_copy(frame, address)) trap_fault(frame, address, page_fault_kind(frame));
        break;
    }
    case EXCEPTION_DEBUG:
    case EXCEPTION_BREAKPOINT: trap_fault(frame, 0, FAULT_BREAKPOINT); break;
    case EXCEPTION_INVALID_OPCODE:
    case EXCEPTION_NO_DEVICE: trap_fault(frame, 0, FAULT_ILLEGAL); break;
    case EXCEPTION_STACK: // an address that is not canonical, through RSP or RBP
    case EXCEPTION_PROTECTION: handle_protection_fault(frame); break;
    case EXCEPTION_ALIGNMENT: trap_fault(frame, 0, FAULT_ALIGNMENT); break;
    default: trap_fault(frame, 0, FAULT_OTHER);
    }
}

// The end of the interrupt is told before it is handled, because the handler may switch to another
// thread. Devices that hold their line are edge-triggered or quiet again by then (ioapic.c).
void interrupt_dispatch_frame(struct trap_frame *frame) {
    uint64_t vector = frame->vector;
    if (vector < VECTOR_EXCEPTIONS) {
        handle_exception(frame);
        return;
    }
    if (vector == VECTOR_SPURIOUS) return;
    lapic_end_of_interrupt();
    if (vector == VECTOR_TIMER) {
        if (clock_timer_expired()) trap_timer(frame);
    } else if (vector == VECTOR_IPI) {
        trap_ipi(frame);
    } else {
        trap_device(frame, (uint32_t)vector - VECTOR_DEVICE);
    }
}

// On a stack of its own, so nothing here may switch threads.
void interrupt_dispatch_special(struct trap_frame *frame) {
    if (frame->vector == EXCEPTION_NMI) {
        if (!__atomic_load_n(&stopping, __ATOMIC_SEQ_CST)) return;
        __atomic_fetch_add(&stopped_count, 1, __ATOMIC_SEQ_CST);
        for (;;) asm volatile("cli\n\thlt");
    }
    // A double fault is what becomes of a page fault that has no stack left to be reported on.
    if (frame->vector == EXCEPTION_DOUBLE_FAULT) {
        trap_fault(frame, fault_address(), FAULT_WRITE);
        panic_at_frame(frame, "double fault");
    }
    panic_at_frame(frame, "machine check");
}

void arch_stop_others(void) {
    uint32_t own = cpu_own_index(), sent = 0;
    __atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < MAX_CPUS; i++) {
        if (i == own || !cpu_is_started(i)) continue;
        lapic_send(boot_information.cpu_hardware_id[i], LAPIC_NMI);
        sent++;
    }
    // They stop at once; but if one cannot, the panic must still be told.
    uint64_t deadline = arch_clock_now() + UINT64_C(100000000);
    while (__atomic_load_n(&stopped_count, __ATOMIC_SEQ_CST) < sent && arch_clock_now() < deadline)
        arch_cpu_relax();
}
