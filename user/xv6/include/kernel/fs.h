// SPDX-License-Identifier: MIT
// For programs written for xv6-riscv: what read() gives of a directory. Longer names are cut.
#pragma once

#define BSIZE  4096
#define DIRSIZ 14

struct dirent {
    ushort inum;
    char name[DIRSIZ];
};
