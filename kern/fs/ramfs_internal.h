// SPDX-License-Identifier: MIT
// What the parts of the in-memory file system share. An inode's sleep lock guards all of it; a
// directory's lock also guards the names in it. A name holds a reference to its inode, so an inode
// without references has no names.
#pragma once

#include "fs/inode.h"
#include "fs/page_array.h"
#include "lib/list.h"

// How many of a file's pages an account is charged for.
struct ramfs_charge {
    struct ramfs_charge *next;
    struct account *account;
    uint64_t pages;
};

// A regular file, or a device, which has no contents.
struct ramfs_file {
    struct inode inode;
    struct page_array pages;      // bytes behind the file's size are zero
    struct ramfs_charge *charges; // for them, the latest first
};

#define RAMFS_FILE_MAX ((uint64_t)PAGE_ARRAY_MAX * PAGE_SIZE)

// A name in a directory.
struct ramfs_entry {
    struct ramfs_entry *next; // in the same bucket
    struct inode *inode;
    struct account *account; // that a page is charged to for the name and its node
    uint32_t hash;
    uint32_t slot;
    uint16_t length;
    char name[];
};

#define RAMFS_BUCKETS_SMALL 16

// A directory is a hash table of entries for look-up, and an array of slots for reading in order.
// A slot holds an entry or, with its lowest bit set, the number of the next free slot.
struct ramfs_directory {
    struct inode inode;
    struct inode *parent; // no reference: it cannot go before this; NULL once this is removed
    uint32_t entry_count;
    uint32_t slot_count;   // slots that have ever been used since the directory was empty
    uint32_t free_slot;    // the first free one below, or RAMFS_SLOT_NONE
    uint32_t bucket_pages; // a power of two, or 0 while the small table serves
    struct page_array slots;
    struct page_array buckets;
    struct ramfs_entry *small[RAMFS_BUCKETS_SMALL];
};

#define RAMFS_SLOT_NONE UINT32_MAX

static inline struct ramfs_file *ramfs_file_of(struct inode *inode) {
    return container_of(inode, struct ramfs_file, inode);
}

static inline struct ramfs_directory *ramfs_directory_of(struct inode *inode) {
    return container_of(inode, struct ramfs_directory, inode);
}

// An inode with one reference and no name, or NULL.
struct inode *ramfs_inode_create(enum file_kind kind);

// ---- Names (ramfs_directory.c); the directory is locked ----------------------------------------

// Once, before anything else.
void ramfs_directory_init(void);
int ramfs_lookup(struct inode *directory, const char *name, size_t length, struct inode **found);

// Adds a first name for an inode, with a reference of its own. -ENOMEM. The directory has no such
// name yet.
int ramfs_name(struct inode *directory, const char *name, size_t length, struct inode *inode);
int ramfs_link(struct inode *directory, const char *name, size_t length, struct inode *inode);
int ramfs_rename(struct inode *from, const char *name, size_t length, struct inode *to,
                 const char *new_name, size_t new_length);
int ramfs_unlink(struct inode *directory, const char *name, size_t length);
int ramfs_next_entry(struct inode *directory, uint64_t *position, struct directory_entry *entry);

// ---- Contents (ramfs_file.c); the file is locked -----------------------------------------------

int64_t ramfs_read(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size);
int64_t ramfs_write(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size);
int64_t ramfs_read_kernel(struct inode *inode, uint64_t offset, void *buffer, size_t size);
void *ramfs_get_page(struct inode *inode, uint64_t index);
int ramfs_truncate(struct inode *inode, uint64_t size);

// Charges the current account before a page is added to the file, for the page and all that it may
// need. False if that is beyond a limit or memory is out. After the page was added or not, and
// after pages were taken away, ramfs_charge_settle() gives back what is too much, of the latest
// first.
void ramfs_charge_init(void); // once, before anything else
bool ramfs_charge_page(struct ramfs_file *file);
void ramfs_charge_settle(struct ramfs_file *file);

// Fills an empty file. -ENOSPC, -EFBIG; then it is to be thrown away.
int ramfs_fill(struct inode *inode, const void *contents, size_t size);
