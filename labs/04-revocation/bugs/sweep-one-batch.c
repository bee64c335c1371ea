// SPDX-License-Identifier: MIT
// A table is visited once, however much there is in it.
//
// function:  kern/proc/delegation.c:sweep_all_tables
// breaks:    P6
// caught by: dup-escape
// like:      a mistake that students make

static void sweep_all_tables(const struct grant *grant) {
    struct cap_swept swept = {.count = 0};
    for (uint32_t i = 0; i < PROCESSES_MAX && object_count(&grant->object) > 1;) {
        spinlock_acquire(&process_tree_lock);
        struct process *process = process_next_at_any_state_locked(&i);
        if (process) cap_space_sweep(&process->capabilities, grant, &swept);
        spinlock_release(&process_tree_lock);
        i++;
        cap_swept_release(&swept);
    }
}
