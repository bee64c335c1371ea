// SPDX-License-Identifier: MIT
// What a process may do besides its capabilities: system calls and priorities. Both can only become
// less, from parent to child and by the process's own will. They are its own threads' to change.

#include "abi/errno.h"
#include "cap/pin.h"
#include "lib/string.h"
#include "proc/tree.h"

void process_inherit_attributes(struct process *child, const struct process *parent) {
    memcpy(child->syscalls_allowed, parent->syscalls_allowed, SYSCALL_MAX);
    child->priority = thread_current()->priority;
    child->priority_max = parent->priority_max;
}

void process_deny_calls(struct process *process, const uint64_t denied[SYSCALL_WORDS]) {
    for (uint32_t number = 0; number < SYSCALL_MAX; number++)
        if (denied[number / 64] >> (number % 64) & 1 && number != SYS_exit)
            process->syscalls_allowed[number] = 0;
}

int process_check_attributes(const struct spawn_attributes *attributes) {
    if (attributes->priority > PRIORITY_HIGHEST) return -EINVAL;
    return attributes->priority > process_current()->priority_max ? -EPERM : 0;
}

void process_apply_attributes(struct process *child, const struct spawn_attributes *attributes) {
    process_deny_calls(child, attributes->denied_calls);
    if (attributes->priority > 0)
        child->priority = child->priority_max = (uint8_t)attributes->priority;
}

// ---- The calls on threads ----------------------------------------------------------------------

// Whether the caller may use the handle, which names its own thread: that is the only kind there
// is.
static int check_handle(int64_t handle, uint32_t rights) {
    struct cap_ref ref;
    if (handle == 0) return 0;
    int error = cap_space_pin_token(&process_current()->capabilities, handle, CAP_TYPE_THREAD,
                                    rights, &ref);
    if (!error) cap_ref_release(&ref);
    return error;
}

int64_t process_set_priority(int64_t handle, int64_t priority) {
    int error = check_handle(handle, CAP_WRITE);
    if (error) return error;
    if (priority < PRIORITY_LOWEST || priority > PRIORITY_HIGHEST) return -EINVAL;
    if (priority > process_current()->priority_max) return -EPERM;
    thread_set_own_priority((uint8_t)priority);
    return 0;
}

int64_t process_get_priority(int64_t handle) {
    int error = check_handle(handle, CAP_READ);
    return error ? error : thread_current()->priority;
}

int64_t process_own_thread(void) {
    struct process *process = process_current();
    return cap_space_get_token(&process->capabilities, process->thread_slot, CAP_TYPE_THREAD);
}
