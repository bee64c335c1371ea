// SPDX-License-Identifier: MIT
// The file system on disk: mounting it. See disk_format.h for what is where, disk_log.c for what a
// crash can and cannot lose.
#pragma once

#include "fs/block.h"
#include "fs/inode.h"

// Mounts a disk: replays its log, and frees what was left without a name. On failure `message` says
// what is wrong. -ENODEV: no file system of this version; -EIO: the disk or the file system is
// damaged; -ENOMEM. It may come up read-only, and then there is a message as well; otherwise the
// message is empty. May sleep.
int diskfs_mount(struct block_device *device, struct file_system **mounted, char *message,
                 size_t message_size);

// Commits what is in memory and frees everything. No inode of it is in use. For tests.
void diskfs_unmount(struct file_system *file_system);
