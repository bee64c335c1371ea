// SPDX-License-Identifier: MIT
// User mode of the host machine: an interpreter of the instructions in program.h, which reads and
// writes memory through the page table only, and turns what it may not do into faults. Interrupts
// come between two instructions. No locks: it is one thread's own state.

#include <string.h>

#include "host.h"
#include "lib/print.h"
#include "program.h"

void arch_frame_init(struct trap_frame *frame, uint64_t entry, uint64_t stack, uint64_t argument0,
                     uint64_t argument1) {
    memset(frame, 0, sizeof(*frame));
    frame->is_user = true;
    frame->program_counter = entry;
    frame->registers[HOST_STACK_REGISTER] = stack;
    frame->registers[0] = argument0;
    frame->registers[1] = argument1;
}

void arch_frame_print(const struct trap_frame *frame) {
    kprintf("pc %lx\n", frame->program_counter);
    for (int i = 0; i < HOST_REGISTERS; i++) kprintf("r%d %lx\n", i, frame->registers[i]);
}

// Where a faulting instruction is tried again, the program counter has not moved.
enum outcome { NEXT, AGAIN, JUMPED };

static enum outcome fault(struct trap_frame *frame, uint64_t address, enum fault_kind kind) {
    trap_fault(frame, address, kind);
    return AGAIN;
}

// Loads or stores `size` bytes, which do not cross a page.
static enum outcome access_memory(struct trap_frame *frame, uint64_t *value, uint64_t address,
                                  size_t size, uint32_t needed) {
    if (address % size != 0) return fault(frame, address, FAULT_ALIGNMENT);
    uint8_t *bytes = host_user_byte(address, needed);
    if (!bytes) return fault(frame, address, needed == PTE_WRITE ? FAULT_WRITE : FAULT_READ);
    if (needed == PTE_READ) *value = 0;
    memcpy(needed == PTE_WRITE ? (void *)bytes : value, needed == PTE_WRITE ? (void *)value : bytes,
           size);
    return NEXT;
}

static enum outcome jump(struct trap_frame *frame, int64_t by) {
    frame->program_counter += (uint64_t)by * sizeof(struct host_instruction);
    return JUMPED;
}

static enum outcome call_kernel(struct trap_frame *frame) {
    // The program goes on behind the instruction, or where exec leads.
    frame->program_counter += sizeof(struct host_instruction);
    trap_syscall(frame, frame->registers[HOST_NUMBER_REGISTER]);
    return JUMPED;
}

static enum outcome execute(struct trap_frame *frame, const struct host_instruction *instruction) {
    uint64_t *r = frame->registers;
    uint8_t a = instruction->a % HOST_REGISTERS, b = instruction->b % HOST_REGISTERS;
    uint64_t sum = r[b] + (uint64_t)instruction->value;
    switch (instruction->operation) {
    case HOST_SET: r[a] = (uint64_t)instruction->value; return NEXT;
    case HOST_ADD: r[a] = sum; return NEXT;
    case HOST_SUM: r[a] = r[b] + r[instruction->c % HOST_REGISTERS]; return NEXT;
    case HOST_LOAD: return access_memory(frame, &r[a], sum, sizeof(uint64_t), PTE_READ);
    case HOST_STORE: return access_memory(frame, &r[a], sum, sizeof(uint64_t), PTE_WRITE);
    case HOST_LOAD_BYTE: return access_memory(frame, &r[a], sum, 1, PTE_READ);
    case HOST_STORE_BYTE: return access_memory(frame, &r[a], sum, 1, PTE_WRITE);
    case HOST_JUMP: return jump(frame, instruction->value);
    case HOST_IF_EQUAL: return r[a] == r[b] ? jump(frame, instruction->value) : NEXT;
    case HOST_IF_LESS:
        return (int64_t)r[a] < (int64_t)r[b] ? jump(frame, instruction->value) : NEXT;
    case HOST_GO: frame->program_counter = r[a]; return JUMPED;
    case HOST_SYSCALL: return call_kernel(frame);
    case HOST_FAIL: host_fail_allocations_after(r[a]); return NEXT;
    default: return fault(frame, frame->program_counter, FAULT_ILLEGAL);
    }
}

static enum outcome step(struct trap_frame *frame) {
    struct host_instruction instruction;
    uint64_t address = frame->program_counter;
    if (address % sizeof(instruction) != 0) return fault(frame, address, FAULT_ALIGNMENT);
    const uint8_t *bytes = host_user_byte(address, PTE_EXEC);
    if (!bytes) return fault(frame, address, FAULT_EXECUTE);
    memcpy(&instruction, bytes, sizeof(instruction));
    return execute(frame, &instruction);
}

void arch_user_enter(struct trap_frame *frame) {
    arch_interrupts_off(); // they are looked for here
    for (;;) {
        if (step(frame) == NEXT) frame->program_counter += sizeof(struct host_instruction);
        host_clock_advance(HOST_INSTRUCTION);
        enum host_interrupt interrupt = host_interrupt_take();
        if (interrupt != HOST_NO_INTERRUPT) host_interrupt_call(interrupt, frame);
    }
}
