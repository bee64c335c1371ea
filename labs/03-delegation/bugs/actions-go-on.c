// SPDX-License-Identifier: MIT
// An action that fails does not stop the others, and the last one counts.
//
// function:  kern/proc/exec.c:process_fill_table
// breaks:    P13
// caught by: spawn-order
// like:      cleanup that runs over what was never done (CVE-2023-20938)

int process_fill_table(struct process *child, const struct spawn_action *actions,
                       uint32_t action_count, enum spawn_inherit inherit) {
    int error = 0;
    if (inherit != SPAWN_INHERIT_NOTHING)
        error = cap_space_inherit(&child->capabilities, &process_current()->capabilities,
                                  inherit == SPAWN_INHERIT_GRANTABLE);
    for (uint32_t i = 0; i < action_count; i++) error = apply_action(child, &actions[i], inherit);
    return error;
}
