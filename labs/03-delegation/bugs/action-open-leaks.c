// SPDX-License-Identifier: MIT
// A file that finds no place is not closed.
//
// function:  kern/proc/exec.c:action_open
// breaks:    P12
// caught by: spawn-order
// like:      references that leak when one of several fails (FreeBSD-SA-19:02)

static int action_open(struct process *child, const struct spawn_action *action) {
    char path[PATH_MAX];
    struct file *file;
    int error = copy_string_from_user(path, action->path, sizeof(path));
    if (error < 0) return error;
    if (action->flags & ~O_ALL) return -EINVAL;
    if ((error = file_open(path, action->flags, &file))) return error;
    // GRANT: the parent configures the child on purpose.
    error = cap_space_mint_at(&child->capabilities, action->slot, &file->object,
                              file_rights_of_flags(action->flags) | CAP_GRANT,
                              action->flags & O_CLOEXEC ? CAP_CLOSE_ON_SPAWN : 0);
    return error;
}
