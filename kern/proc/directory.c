// SPDX-License-Identifier: MIT
// Where a process's relative paths begin. The process-tree lock guards which directory that is,
// since threads of one process may change it at the same time.

#include "fs/inode.h"
#include "proc/tree.h"

static struct inode *directory_of_caller(void) {
    struct user_thread *user = thread_current()->owner; // NULL at boot
    spinlock_acquire(&process_tree_lock);
    struct inode *directory = user ? user->process->directory : NULL;
    if (!directory) directory = inode_root();
    inode_get(directory);
    spinlock_release(&process_tree_lock);
    return directory;
}

void process_directory_init(void) { path_set_start(directory_of_caller); }

void process_inherit_directory(struct process *child) { child->directory = directory_of_caller(); }

int process_change_directory(const char *path) {
    struct process *process = process_current();
    struct inode *directory;
    int error = path_lookup_directory(path, &directory);
    if (error) return error;
    spinlock_acquire(&process_tree_lock);
    struct inode *old = process->directory;
    process->directory = directory;
    spinlock_release(&process_tree_lock);
    if (old) inode_put(old);
    return 0;
}

void process_leave_directory(struct process *process) {
    spinlock_acquire(&process_tree_lock);
    struct inode *directory = process->directory;
    process->directory = NULL;
    spinlock_release(&process_tree_lock);
    if (directory) inode_put(directory);
}
