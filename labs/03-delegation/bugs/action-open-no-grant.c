// SPDX-License-Identifier: MIT
// What an action opens cannot be handed on.
//
// function:  kern/proc/exec.c:action_open
// breaks:    P13
// caught by: spawn-order
// like:      a mistake that students make

static int action_open(struct process *child, const struct spawn_action *action) {
    char path[PATH_MAX];
    struct file *file;
    int error = copy_string_from_user(path, action->path, sizeof(path));
    if (error < 0) return error;
    if (action->flags & ~O_ALL) return -EINVAL;
    if ((error = file_open(path, action->flags, &file))) return error;
    // GRANT: the parent configures the child on purpose.
    error = cap_space_mint_at(&child->capabilities, action->slot, &file->object,
                              file_rights_of_flags(action->flags),
                              action->flags & O_CLOEXEC ? CAP_CLOSE_ON_SPAWN : 0);
    if (error) object_put(&file->object);
    return error;
}
