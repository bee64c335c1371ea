// SPDX-License-Identifier: MIT
// What all file systems' inodes share: reference counts, which are atomic, and the root of the name
// space, which is written once at boot.

#include "fs/inode.h"
#include "lib/print.h"

static struct inode *root_inode;

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

void inode_set_root(struct inode *root) { root_inode = root; }

struct inode *inode_root(void) {
    return root_inode;
}
