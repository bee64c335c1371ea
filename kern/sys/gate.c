// SPDX-License-Identifier: MIT
// The gate, and the way of every system call: trap_syscall, allow-list, gate, handler, and back.
// One table, made from abi/syscalls.def, says what each handle argument must be; nothing else
// decides about access to an object. No lock but the capability table's, inside cap_space_pin().

#include "sys/gate.h"
#include "abi/errno.h"
#include "abi/syscall.h"
#include "cap/pin.h"
#include "lib/print.h"
#include "proc/process.h"
#include "sys/handlers.h"
#include "sys/trap.h"

// What a handle argument must be; type 0 if there is no such argument, or if the handler works on
// the table itself and validates the number there.
struct handle_rule {
    uint32_t type; // enum cap_type
    uint32_t rights;
};

struct gate_entry {
    syscall_handler *handler;
    struct handle_rule rules[HANDLES_MAX];
    const char *name;
};

#define NONE                                                                                       \
    { CAP_TYPE_NONE, 0 }
#define TABLE NONE
#define CAP(type, rights)                                                                          \
    { CAP_TYPE_##type, CAP_##rights }
#define SYSCALL(number, name, arguments, first, second, summary)                                   \
    [number] = {sys_##name, {first, second}, #name},
static const struct gate_entry gate[SYSCALL_MAX] = {
#include "abi/syscalls.def"
};
#undef SYSCALL

#define SYSCALL(number, name, arguments, first, second, summary) [number] = 1,
static const uint8_t all_calls[SYSCALL_MAX] __attribute__((aligned(8))) = {
#include "abi/syscalls.def"
};
#undef SYSCALL

const uint8_t *gate_all_calls(void) { return all_calls; }

static inline int64_t pin_argument(struct cap_space *capabilities, const struct gate_entry *entry,
                                   struct syscall *call, int index) {
    const struct handle_rule *rule = &entry->rules[index];
    return cap_space_pin(capabilities, (int64_t)call->argument[index], rule->type, rule->rights,
                         &call->pin[index]);
}

static __attribute__((noinline)) int64_t call_with_second_pin(struct cap_space *capabilities,
                                                              const struct gate_entry *entry,
                                                              struct syscall *call) {
    int64_t result = pin_argument(capabilities, entry, call, 1);
    if (result) return result;
    result = entry->handler(call);
    cap_ref_release(&call->pin[1]);
    return result;
}

// Pins what the table asks for, in the order of the arguments, and calls the handler with it.
static inline int64_t call_with_pins(struct cap_space *capabilities, const struct gate_entry *entry,
                                     struct syscall *call) {
    int64_t result = pin_argument(capabilities, entry, call, 0);
    if (result) return result;
    if (entry->rules[1].type)
        result = call_with_second_pin(capabilities, entry, call);
    else
        result = entry->handler(call);
    cap_ref_release(&call->pin[0]);
    return result;
}

// Runs a call that exists against a table: what the gate refuses, or the handler's result.
static inline int64_t gate_call(struct cap_space *capabilities, uint64_t number,
                                struct trap_frame *frame) {
    const struct gate_entry *entry = &gate[number];
    struct syscall call;
    call.argument = arch_frame_arguments(frame);
    call.frame = frame;
    if (!entry->rules[0].type) return entry->handler(&call);
    return call_with_pins(capabilities, entry, &call);
}

// A call outside the allow-list is refused and counted; what does not exist is on no list.
static __attribute__((noinline)) int64_t refuse_call(struct process *process, uint64_t number) {
    if (number >= SYSCALL_MAX || !gate[number].handler) return -ENOSYS;
    process->syscalls_denied++;
    process->syscall_denied_last = (uint32_t)number;
    return -EPERM;
}

void trap_syscall(struct trap_frame *frame, uint64_t number) {
    struct process *process = process_current();
    int64_t result;
    arch_interrupts_on();
    if (number < SYSCALL_MAX && process->syscalls_allowed[number])
        result = gate_call(&process->capabilities, number, frame);
    else
        result = refuse_call(process, number);
    arch_frame_set_result(frame, result);
    arch_interrupts_off();
    trap_settle_before_user();
}

// The self-test's frame has every argument zero: descriptor 0 of an empty table.
uint32_t gate_self_test(void) {
    struct cap_space empty;
    struct trap_frame *frame = page_alloc_zeroed();
    if (!frame || cap_space_init(&empty, 0) < 0) panic("no memory for the gate's self-test");
    kassert(arch_frame_size() <= PAGE_SIZE);
    uint32_t gated = 0;
    for (uint64_t number = 0; number < SYSCALL_MAX; number++) {
        const struct gate_entry *entry = &gate[number];
        if (!entry->rules[0].type) continue;
        int64_t result = gate_call(&empty, number, frame);
        if (result != -EBADF)
            panic("gate self-test: %s without a capability returned %ld", entry->name, result);
        gated++;
    }
    cap_space_close(&empty);
    cap_space_destroy(&empty);
    page_put(frame);
    return gated;
}
