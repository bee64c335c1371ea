// SPDX-License-Identifier: MIT
// The actions are applied from the last to the first.
//
// function:  kern/proc/exec.c:process_fill_table
// breaks:    P13
// caught by: spawn-order
// like:      a mistake that students make

int process_fill_table(struct process *child, const struct spawn_action *actions,
                       uint32_t action_count, enum spawn_inherit inherit) {
    int error = 0;
    if (inherit != SPAWN_INHERIT_NOTHING)
        error = cap_space_inherit(&child->capabilities, &process_current()->capabilities,
                                  inherit == SPAWN_INHERIT_GRANTABLE);
    for (uint32_t i = 0; !error && i < action_count; i++)
        error = apply_action(child, &actions[action_count - 1 - i], inherit);
    return error;
}
