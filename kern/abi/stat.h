// SPDX-License-Identifier: MIT
// What fstat() reports and read_directory() returns.
#pragma once

#include "abi/types.h"

enum file_kind { FILE_KIND_REGULAR = 1, FILE_KIND_DIRECTORY, FILE_KIND_DEVICE, FILE_KIND_PIPE };

struct stat {
    uint64_t inode;
    uint64_t size;   // bytes; 0 for devices, bytes waiting for pipes
    uint32_t kind;   // enum file_kind
    uint32_t links;  // names that lead to it
    uint32_t device; // which file system
    uint32_t reserved;
};

// What file_system_info() reports.
struct file_system_info {
    uint64_t block_size; // bytes; the next two are in blocks
    uint64_t blocks, blocks_free;
    uint64_t files, files_free; // 0, 0: as many as there is room for
    uint32_t is_read_only;
    uint32_t reserved; // 0
    char type[16];
};

// read_directory() fills an array of these, whole entries only.
struct directory_entry {
    uint64_t inode;
    uint32_t kind;   // enum file_kind
    uint16_t length; // of name, without its zero
    char name[256 + 2];
};
_Static_assert(sizeof(struct directory_entry) == 272, "no padding leaves the kernel");
