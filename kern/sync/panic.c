// SPDX-License-Identifier: MIT
// The end of a kernel with a bug: message, CPU, locks, stack trace, and an exit status that no
// orderly power-off has. The first CPU to panic reports; no lock is taken here.

#include "lib/print.h"
#include "lib/symbols.h"
#include "lib/image.h"
#include "sync/lock.h"

static uint32_t panicking_cpu; // index + 1 of the CPU that reports; atomic
static void (*panic_hook)(const char *message);

#define STACK_TRACE_MAX 24

void panic_set_hook(void (*hook)(const char *message)) { panic_hook = hook; }

bool panic_in_progress(void) { return __atomic_load_n(&panicking_cpu, __ATOMIC_RELAXED) != 0; }

const char *symbol_find(uint64_t address, uint64_t *offset) {
    const struct kernel_symbol *found = NULL;
    if (address < (uint64_t)image_start || address >= (uint64_t)image_text_end) return NULL;
    for (const struct kernel_symbol *symbol = ksyms_start; symbol < ksyms_end; symbol++)
        if (symbol->address <= address) found = symbol;
    if (!found) return NULL;
    *offset = address - found->address;
    return found->name;
}

// A return address may lie behind its function, when that ends in a call that does not return; the
// call itself, `back` bytes before, does not.
static void print_address(uint64_t address, uint64_t back) {
    uint64_t offset = 0;
    const char *name = symbol_find(address - back, &offset);
    if (name)
        kprintf("  %lx %s+0x%lx\n", address, name, offset + back);
    else
        kprintf("  %lx\n", address);
}

// Debug builds keep frame pointers, which lead from caller to caller.
static void print_callers(const uint64_t *frame_pointer) {
    uint64_t previous, caller;
    for (int i = 0; i < STACK_TRACE_MAX; i++) {
        if (!arch_frame_unwind(frame_pointer, &previous, &caller)) break;
        print_address(caller, 1);
        if (previous <= (uint64_t)frame_pointer) break;
        frame_pointer = (const uint64_t *)previous;
    }
}

// Release builds do not: every word on the stack that points into code may be a return address, or
// be left over from an earlier call.
static void print_possible_callers(const uint64_t *stack) {
    uint64_t offset, end = ((uint64_t)stack | (KERNEL_STACK_SIZE - 1)) + 1;
    kprintf("  (possible callers; a debug build knows the real ones)\n");
    for (int found = 0; (uint64_t)stack < end && found < STACK_TRACE_MAX; stack++) {
        if (!symbol_find(*stack, &offset) || offset == 0) continue;
        print_address(*stack, 1);
        found++;
    }
}

void stack_trace_print(uint64_t program_counter, const uint64_t *frame_pointer,
                       const uint64_t *stack) {
    kprintf("stack trace:\n");
    if (program_counter) print_address(program_counter, 0);
    if (CONFIG_DEBUG)
        print_callers(frame_pointer);
    else if (((uint64_t)stack & 7) == 0 && (uint64_t)stack >= DIRECT_MAP_BASE)
        print_possible_callers(stack);
}

static void print_locks(const struct cpu *cpu) {
    if (cpu->locks_held_count == 0) return;
    kprintf("locks held by this CPU, outermost first:\n");
    for (uint32_t i = 0; i < cpu->locks_held_count; i++)
        kprintf("  %s, taken at %s\n", lock_class_name(cpu->locks_held[i].lock->class),
                cpu->locks_held[i].site);
}

static _Noreturn void report_and_stop(struct trap_frame *frame, const char *format,
                                      va_list arguments) {
    static char message[200];
    arch_interrupts_off();
    const struct cpu *cpu = this_cpu();
    uint32_t nobody = 0;
    if (!__atomic_compare_exchange_n(&panicking_cpu, &nobody, cpu->index + 1, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        if (nobody == cpu->index + 1) // a panic while panicking: give up at once
            arch_power_off(true);
        for (;;) arch_cpu_relax();
    }
    arch_stop_others();
    format_string_va(message, sizeof(message), format, arguments);
    kprintf("\npanic on CPU %u: %s\n", cpu->index, message);
    if (frame) arch_frame_print(frame);
    print_locks(cpu);
    if (frame)
        stack_trace_print(arch_frame_program_counter(frame),
                          (const uint64_t *)arch_frame_pointer_of(frame),
                          (const uint64_t *)arch_frame_stack_pointer(frame));
    else
        stack_trace_print(0, arch_frame_pointer(), arch_frame_pointer());
    if (panic_hook) panic_hook(message);
    arch_power_off(true);
}

void panic(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report_and_stop(NULL, format, arguments);
}

void panic_at_frame(struct trap_frame *frame, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report_and_stop(frame, format, arguments);
}
