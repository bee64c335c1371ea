// SPDX-License-Identifier: MIT
// What a process may do besides its capabilities: system calls and priorities. Both can only become
// less, from parent to child and by the process's own will. They are its own threads' to change.

#include "abi/errno.h"
#include "cap/pin.h"
#include "lib/string.h"
#include "proc/tree.h"

void process_inherit_attributes(struct process *child, const struct process *parent) {
    memcpy(child->syscalls_allowed, parent->syscalls_allowed, SYSCALL_MAX);
    child->priority = thread_current()->own_priority; // what it has borrowed is not handed on
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

// ---- Priorities of threads ---------------------------------------------------------------------

// The thread of a handle, 0: the calling one, with a pin that must be released.
static int pin_thread(int64_t handle, uint32_t rights, struct cap_ref *ref) {
    struct user_thread *self = thread_current()->owner;
    if (handle == 0) {
        object_get(&self->object);
        *ref = (struct cap_ref){.object = &self->object};
        return 0;
    }
    return cap_space_pin_token(&self->process->capabilities, handle, CAP_TYPE_THREAD, rights, ref);
}

static int set_priority(struct user_thread *user, uint8_t priority) {
    if (&user->thread == thread_current()) {
        thread_set_own_priority(priority);
        return 0;
    }
    spinlock_acquire(&process_tree_lock);
    bool runs = user->process != NULL;
    if (runs) thread_change_priority(&user->thread, priority);
    spinlock_release(&process_tree_lock);
    return runs ? 0 : -ESRCH;
}

int64_t process_set_priority(int64_t handle, int64_t priority) {
    struct cap_ref ref;
    int error = pin_thread(handle, CAP_WRITE, &ref);
    if (error) return error;
    if (priority < PRIORITY_LOWEST || priority > PRIORITY_HIGHEST)
        error = -EINVAL;
    else if (priority > process_current()->priority_max)
        error = -EPERM;
    else
        error = set_priority(user_thread_of(ref.object), (uint8_t)priority);
    cap_ref_release(&ref);
    return error;
}

int64_t process_get_priority(int64_t handle) {
    struct cap_ref ref;
    int error = pin_thread(handle, CAP_READ, &ref);
    if (error) return error;
    const struct user_thread *user = user_thread_of(ref.object);
    spinlock_acquire(&process_tree_lock);
    int64_t result = user->process ? user->thread.priority : -ESRCH;
    spinlock_release(&process_tree_lock);
    cap_ref_release(&ref);
    return result;
}
