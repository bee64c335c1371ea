// SPDX-License-Identifier: MIT
// The actions come before what is inherited.
//
// function:  kern/proc/exec.c:process_fill_table
// breaks:    P13
// caught by: spawn-order
// like:      capabilities closed after the child could see them (CVE-2016-9962)

int process_fill_table(struct process *child, const struct spawn_action *actions,
                       uint32_t action_count, enum spawn_inherit inherit) {
    int error = 0;
    for (uint32_t i = 0; !error && i < action_count; i++)
        error = apply_action(child, &actions[i], inherit);
    if (!error && inherit != SPAWN_INHERIT_NOTHING)
        error = cap_space_inherit(&child->capabilities, &process_current()->capabilities,
                                  inherit == SPAWN_INHERIT_GRANTABLE);
    return error;
}
