// SPDX-License-Identifier: MIT
// The in-memory file system: names and pages in kernel memory.
#pragma once

#include "fs/inode.h"

// An empty root directory, or NULL.
struct inode *ramfs_create(void);

// Unpacks a ustar archive into the directory tree at `root`, all of it, or what lies in its
// directory `only`. 0; -EINVAL if it is not a whole ustar archive (what came before the bad header
// stays, and *bad_offset says where it stands), -ENOMEM.
int ramfs_unpack(struct inode *root, const void *archive, size_t size, const char *only,
                 size_t *bad_offset);

// Makes /dev, if it is not there, with one entry for each registered device.
int ramfs_populate_devices(void);
