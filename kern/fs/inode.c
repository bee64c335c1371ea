// SPDX-License-Identifier: MIT
// What all file systems' inodes share: reference counts, which are atomic, and the root of the name
// space with what is mounted in it, which are written at boot.

#include "fs/inode.h"
#include "lib/print.h"

static struct inode *root_inode;
static struct file_system *last_mounted;

void inode_init(struct inode *inode, const struct inode_operations *operations, uint64_t number,
                enum file_kind kind) {
    inode->operations = operations;
    inode->number = number;
    inode->kind = kind;
    inode->count = 1;
    sleep_lock_init(&inode->lock);
}

void inode_get(struct inode *inode) {
    uint32_t before = __atomic_fetch_add(&inode->count, 1, __ATOMIC_RELAXED);
    kassert(before != 0);
}

void inode_put(struct inode *inode) {
    // Release, so that whoever frees the inode sees all that was done with it; acquire for the
    // same.
    uint32_t before = __atomic_fetch_sub(&inode->count, 1, __ATOMIC_ACQ_REL);
    kassert(before != 0);
    if (before == 1) inode->operations->release(inode);
}

void inode_set_root(struct inode *root) {
    root_inode = root;
    if (root) root->file_system->number = 1;
}

struct inode *inode_root(void) {
    return root_inode;
}

void file_system_mount(struct file_system *file_system, struct inode *directory) {
    kassert(directory->kind == FILE_KIND_DIRECTORY && !directory->mounted);
    file_system->covers = directory;
    file_system->number = last_mounted ? last_mounted->number + 1 : 2;
    file_system->next = last_mounted;
    last_mounted = file_system;
    directory->mounted = file_system;
}

int file_system_sync_all(void) {
    if (!root_inode) return 0; // the boot has not come that far
    int error = root_inode->file_system->sync(root_inode->file_system);
    for (struct file_system *at = last_mounted; at; at = at->next) {
        int result = at->sync(at);
        if (!error) error = result;
    }
    return error;
}
