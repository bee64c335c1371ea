// SPDX-License-Identifier: MIT
// What path.c and rename.c share.
#pragma once

#include "fs/inode.h"

// Names that no directory can make or remove, since they are there by themselves: "", "." and "..".
bool name_is_special(const char *name, size_t length);

// Whether names can be made in a directory: 0, -ENOENT, -EROFS. Locked.
int directory_check_changeable_locked(const struct inode *directory);
