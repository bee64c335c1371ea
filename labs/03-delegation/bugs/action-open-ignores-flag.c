// SPDX-License-Identifier: MIT
// O_CLOEXEC of an action is ignored.
//
// function:  kern/proc/exec.c:action_open
// breaks:    P13
// caught by: spawn-order
// like:      close-on-exec that was not honoured (CVE-2024-21626)

static int action_open(struct process *child, const struct spawn_action *action) {
    char path[PATH_MAX];
    struct file *file;
    int error = copy_string_from_user(path, action->path, sizeof(path));
    if (error < 0) return error;
    if (action->flags & ~O_ALL) return -EINVAL;
    if ((error = file_open(path, action->flags, &file))) return error;
    // GRANT: the parent configures the child on purpose.
    error = cap_space_mint_at(&child->capabilities, action->slot, &file->object,
                              file_rights_of_flags(action->flags) | CAP_GRANT, 0);
    if (error) object_put(&file->object);
    return error;
}
