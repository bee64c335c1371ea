// SPDX-License-Identifier: MIT
// Makes a file system in memory: mkfs does so in a mapped file, the host's tests in an array.
#pragma once

#include "fs/disk_format.h"

struct item; // a file or directory that is to be in the image

struct image_builder {
    uint8_t *image; // all zeros at first
    struct disk_super super;
    uint32_t next_block, next_inode;
    struct item *root;
};

// Sizes that suit a disk of so many blocks. False if it is too small or too large.
bool image_build_choose_sizes(uint64_t blocks, uint32_t *inodes, uint32_t *log_blocks);

void image_build_begin(struct image_builder *builder, uint8_t *image, uint32_t blocks,
                       uint32_t inodes, uint32_t log_blocks);

// Adds a file, or a directory if `contents` is NULL, and the directories on the way to it. The
// contents stay the caller's until the end. What is wrong, or NULL.
const char *image_build_add(struct image_builder *builder, const char *path, const void *contents,
                            uint64_t size);

// Writes it all. What is wrong, or NULL.
const char *image_build_end(struct image_builder *builder);
