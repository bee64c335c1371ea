// SPDX-License-Identifier: MIT
// The ELF loader: reads a static executable for this machine into an address space. The file is
// not trusted (System V ABI, ELF-64 object file format).
#pragma once

#include "fs/inode.h"
#include "mem/address_space.h"

// Loads the program's segments and adds its heap. *entry is where it starts. -ENOEXEC if the file
// is not a well-formed static executable for this machine, or its segments overlap, wrap, leave
// user space, or are writable and executable; -ENOMEM, -EIO. The address space is then to be
// destroyed.
int elf_load(struct inode *inode, struct address_space *space, uint64_t *entry);
