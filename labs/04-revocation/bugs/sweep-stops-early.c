// SPDX-License-Identifier: MIT
// The search ends at the first number without a process.
//
// function:  kern/proc/delegation.c:sweep_all_tables
// breaks:    P6
// caught by: fork-escape
// like:      an early return when the receiver has ended

static void sweep_all_tables(const struct grant *grant) {
    struct cap_swept swept = {.count = 0};
    for (uint32_t i = 0; i < PROCESSES_MAX && object_count(&grant->object) > 1;) {
        spinlock_acquire(&process_tree_lock);
        struct process *process = process_at_any_state_locked(i);
        if (process) cap_space_sweep(&process->capabilities, grant, &swept);
        spinlock_release(&process_tree_lock);
        if (!process && i > 0) break;
        if (swept.count < SWEEP_BATCH) i++;
        cap_swept_release(&swept);
    }
}
