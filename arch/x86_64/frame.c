// SPDX-License-Identifier: MIT
// Trap frames and new contexts. They belong to the thread whose stack they lie on.
#include "machine.h"
#include "lib/print.h"
#include "lib/string.h"

extern void context_begin(void);

void arch_context_init(struct arch_context *context, void *stack_top, void (*entry)(void *),
                       void *argument) {
    uint64_t *stack = (uint64_t *)((uint64_t)stack_top & ~UINT64_C(15)) - 1;
    *stack = (uint64_t)context_begin; // taken by the switch's RET
    *context = (struct arch_context){
        .rsp = (uint64_t)stack,
        .rbx = (uint64_t)entry, // and RBP is 0: a stack trace ends here
        .r12 = (uint64_t)argument,
    };
}

struct trap_frame *arch_frame_of_stack(void *stack_top) {
    return (struct trap_frame *)stack_top - 1;
}

// IRET to an address that is not canonical would fault in the kernel; this one faults in user mode.
static uint64_t safe_entry(uint64_t entry) { return entry < USER_ADDRESS_MAX ? entry : 0; }

void arch_frame_init(struct trap_frame *frame, uint64_t entry, uint64_t stack, uint64_t argument0,
                     uint64_t argument1) {
    *frame = (struct trap_frame){
        .rdi = argument0,
        .rsi = argument1,
        .rip = safe_entry(entry),
        .cs = SELECTOR_USER_CODE,
        .rflags = RFLAGS_RESERVED | RFLAGS_IF,
        .rsp = stack,
        .ss = SELECTOR_USER_DATA,
    };
}

size_t arch_frame_size(void) { return sizeof(struct trap_frame); }

void arch_frame_print(const struct trap_frame *frame) {
    kprintf("vector %lu error %lx rip %016lx cs %lx rflags %lx rsp %016lx\n", frame->vector,
            frame->error, frame->rip, frame->cs, frame->rflags, frame->rsp);
    kprintf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", frame->rax, frame->rbx, frame->rcx,
            frame->rdx);
    kprintf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", frame->rsi, frame->rdi, frame->rbp,
            frame->r8);
    kprintf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", frame->r9, frame->r10, frame->r11,
            frame->r12);
    kprintf("r13 %016lx r14 %016lx r15 %016lx\n", frame->r13, frame->r14, frame->r15);
}
