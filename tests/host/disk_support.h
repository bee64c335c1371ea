// SPDX-License-Identifier: MIT
// A disk in memory for the tests of the file system on disk. It notes every write and flush, so
// that what a crash could leave behind can be made afterwards, and fails when told.
#pragma once

#include "fs/disk.h"
#include "fs/disk_format.h"
#include "fs_support.h"

struct disk_event {
    uint64_t block; // or DISK_EVENT_FLUSH
    uint8_t *data;
};
#define DISK_EVENT_FLUSH UINT64_MAX

struct memory_disk {
    struct block_device device;
    uint8_t *image;
    bool records;
    struct disk_event *events; // since disk_record()
    uint32_t event_count;
    uint64_t fails_after; // transfers, all others after them fail; UINT64_MAX: none
    uint64_t transfers;   // atomic
    uint64_t requests;    // the same; of one transfer or several
};

// A disk with an empty file system, or a copy of an image.
void memory_disk_make(struct memory_disk *disk, uint32_t blocks, uint32_t inodes, uint32_t log);
void memory_disk_copy(struct memory_disk *disk, const uint8_t *image, uint32_t blocks);
void memory_disk_free(struct memory_disk *disk);

// Begins to note what is written.
void memory_disk_record(struct memory_disk *disk);

// Mounts it as the root of the name space; it must work, and without a message.
struct file_system *disk_mount_root(struct memory_disk *disk);

// Whether fsck finds nothing wrong; what it finds is printed. The image does not change.
bool disk_is_clean(const uint8_t *image, uint64_t blocks);
bool disk_is_clean_quietly(const uint8_t *image, uint64_t blocks);

// A number that stands for the whole tree: names, kinds, sizes and contents.
uint64_t disk_tree_signature(void);

int disk_path_truncate(const char *path, uint64_t size);

int disk_sync(struct file_system *file_system);
