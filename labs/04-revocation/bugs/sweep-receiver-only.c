// SPDX-License-Identifier: MIT
// Only the receiver's table is visited.
//
// function:  kern/proc/delegation.c:sweep_all_tables
// breaks:    P6
// caught by: fork-escape
// like:      a scan of the receiver only, from which a fork has escaped

static void sweep_all_tables(const struct grant *grant) {
    struct cap_swept swept = {.count = 0};
    for (uint32_t i = 0; i < PROCESSES_MAX && object_count(&grant->object) > 1;) {
        spinlock_acquire(&process_tree_lock);
        struct process *process = process_next_at_any_state_locked(&i);
        if (process && process->pid == grant->receiver)
            cap_space_sweep(&process->capabilities, grant, &swept);
        spinlock_release(&process_tree_lock);
        if (swept.count < SWEEP_BATCH) i++;
        cap_swept_release(&swept);
    }
}
