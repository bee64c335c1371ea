// SPDX-License-Identifier: MIT
// What the parts of the disk file system share. Locks, outermost first: inodes' sleep locks, a
// directory's before an entry's; then a running operation of the transaction, which takes no sleep
// lock any more; then `lock`, and the cache's.
#pragma once

#include "fs/buffer.h"
#include "fs/disk.h"
#include "fs/disk_format.h"

#define DISK_NODE_BUCKETS 128

struct disk_node;

// A mounted file system. `lock` guards the bitmaps, the inode table's bytes and the inode cache;
// the cache's lock guards the transaction.
struct disk {
    struct file_system file_system;
    struct buffer_cache cache;
    struct disk_super super;

    // The transaction (disk_log.c).
    struct buffer record;      // the first block of a record, not in the cache
    uint64_t sequence;         // of the next record
    uint32_t position, used;   // where it goes; blocks of records that are still needed
    uint32_t active, reserved; // operations, and blocks they may yet change
    uint64_t running,
        committed;  // number of the running transaction and of the last that is durable
    uint64_t began; // when its first operation did
    bool is_committing, commit_wanted;
    bool has_failed; // nothing is written any more
    struct wait_queue waiters;

    // Space (disk_space.c).
    struct spinlock lock;
    struct buffer **block_bitmap; // all of them, for as long as it is mounted
    struct buffer **inode_bitmap;
    uint64_t **pending; // like block_bitmap: freed by the running transaction, or NULL for none
    struct buffer *orphans;
    uint32_t free_blocks, pending_blocks, free_inodes;
    uint32_t next_inode;

    struct disk_node *nodes[DISK_NODE_BUCKETS]; // the inode cache (disk_node.c)
    struct list idle_order;                     // the longest unused first
    uint32_t node_count;
    uint32_t report_count; // atomic
};

struct disk_node {
    struct inode inode;
    struct disk *disk;
    struct disk_node *next; // in the cache's bucket, while it is in the cache
    struct list order_node; // the same
    struct disk_inode raw;  // under the inode's lock, as these are
    uint32_t last_block;    // where the file's newest block lies, to go on from there
    uint32_t next_read;     // index where the last read ended: the next there is sequential
    uint32_t prefetched;    // indices below have been asked for
    uint32_t orphan;        // place in the table of orphans + 1, or 0
    bool is_being_cut;      // blocks behind its size are still to be freed
    bool is_released;       // and so is the inode, which has no name and no user
    bool in_cache;          // under the disk's lock
};

static inline struct disk_node *disk_node_of(struct inode *inode) {
    return container_of(inode, struct disk_node, inode);
}

static inline struct disk *disk_of(const struct disk_node *node) { return node->disk; }

// Says on the log that something on the disk is not as it should be, and what; gives -EIO.
int disk_report(struct disk *disk, const char *what, uint64_t where);

// ---- Transactions (disk_log.c) -----------------------------------------------------------------

// Replays the log. -EIO, -ENOMEM.
int disk_log_open(struct disk *disk);

// Begins an operation that will change at most `blocks` blocks. May wait for a commit. -EROFS when
// writing has failed before.
int disk_begin(struct disk *disk, uint32_t blocks);
void disk_end(struct disk *disk, uint32_t blocks);

// Makes all operations that have ended durable, and all contents written. -EIO.
int disk_commit(struct disk *disk);

// ---- Space (disk_space.c) ----------------------------------------------------------------------

int disk_space_open(struct disk *disk);
void disk_space_close(struct disk *disk);

// A free block near `near`, now in use. -ENOSPC. Within an operation, as all that follows.
int disk_block_allocate(struct disk *disk, uint32_t near, uint32_t *block);

// Takes that back, as if it had not been.
void disk_block_return(struct disk *disk, uint32_t block);

// Frees a block; it is not used again before that is durable.
void disk_block_free(struct disk *disk, uint32_t block);

// Whether space is low and a commit would give some back.
#define DISK_SPACE_LOW 64
bool disk_space_is_pending(struct disk *disk);

// Those blocks are free for use now: called by a commit.
void disk_space_committed(struct disk *disk);

int disk_inode_allocate(struct disk *disk, uint32_t *number); // -ENOSPC
void disk_inode_return(struct disk *disk, uint32_t number);
bool disk_inode_is_used(struct disk *disk, uint64_t number);

// Notes in the table of orphans that a file is to be freed or cut at mount. -ENOSPC.
int disk_orphan_add(struct disk_node *node);
void disk_orphan_remove(struct disk_node *node);

// ---- Inodes (disk_node.c) ----------------------------------------------------------------------

void disk_node_init(struct disk *disk);

// The inode of this number, with a new reference. -EIO, -ENOMEM.
int disk_node_get(struct disk *disk, uint32_t number, struct inode **found);

// A new inode of a number that has just been allocated, with a reference.
struct disk_node *disk_node_create(struct disk *disk, uint32_t number, enum file_kind kind);

// Takes an inode out of the cache, which puts the cache's reference: not within an operation.
void disk_node_forget(struct disk_node *node);
void disk_nodes_forget_all(struct disk *disk);

// The block of the inode table, as part of the transaction; then disk_node_store() cannot fail.
int disk_node_prepare(struct disk_node *node, struct buffer **table);
void disk_node_store(struct disk_node *node, struct buffer *table); // puts the buffer
void disk_node_touch(struct disk_node *node);                       // it is modified now

// Frees the blocks behind a file's size, in operations of its own, and then the inode if it has
// been released. 0 or an error, and then they wait for the next mount.
int disk_node_cut(struct disk_node *node);

// ---- Where contents lie (disk_map.c); the inode is locked --------------------------------------

// The block with this index, 0 for a hole. -EIO, -ENOMEM.
int disk_map_find(struct disk_node *node, uint32_t index, uint32_t *block);

// Puts a block there; the caller stores the inode. Also -ENOSPC: indirect blocks that were made
// stay.
int disk_map_set(struct disk_node *node, uint32_t index, uint32_t block);

// Replaces the number there, which is not looked at. Doing it twice in one operation, the second
// time cannot fail.
int disk_map_put(struct disk_node *node, uint32_t index, uint32_t block);

#define DISK_MAP_BLOCKS  8 // that disk_map_set() and one disk_block_allocate() change, and an inode
#define DISK_TRIM_BLOCKS 24 // that disk_map_trim() changes, with inode and orphans

// Frees blocks from an index on, as many as fit an operation. 0 when none is left, 1 when there
// are. -EIO, -ENOMEM.
int disk_map_trim(struct disk_node *node, uint32_t first);

// ---- Contents (disk_file.c) --------------------------------------------------------------------

int64_t disk_read(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size);
int64_t disk_read_kernel(struct inode *inode, uint64_t offset, void *buffer, size_t size);
int64_t disk_write(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size);
void *disk_get_page(struct inode *inode, uint64_t index);
int disk_truncate(struct inode *inode, uint64_t size);

// ---- Directories (disk_directory.c); the directory is locked -----------------------------------

// An entry in its leaf, whose buffer has a reference.
struct disk_place {
    struct buffer *leaf;
    struct disk_entry *entry;
};

// -ENOENT, -EIO, -ENOMEM.
int disk_directory_find(struct disk_node *directory, const char *name, size_t length,
                        struct disk_place *place);
int disk_next_entry(struct inode *directory, uint64_t *position, struct directory_entry *entry);

// Makes room for another name, in operations of its own. -ENOSPC, -EIO, -ENOMEM.
int disk_directory_make_room(struct disk_node *directory, const char *name, size_t length);

// The leaf where there is room for it, to be changed, in the operation.
int disk_directory_leaf(struct disk_node *directory, const char *name, size_t length,
                        struct buffer **leaf);

// Adds and removes an entry; the caller stores the directory. They cannot fail.
void disk_directory_add(struct disk_node *directory, struct buffer *leaf, const char *name,
                        size_t length, const struct disk_node *node);
void disk_directory_remove(struct disk_node *directory, const struct disk_place *place);

// ---- Names (disk_names.c) ----------------------------------------------------------------------

int disk_lookup(struct inode *directory, const char *name, size_t length, struct inode **found);
int disk_create(struct inode *directory, const char *name, size_t length, enum file_kind kind,
                struct inode **made);
int disk_unlink(struct inode *directory, const char *name, size_t length);
int disk_link(struct inode *directory, const char *name, size_t length, struct inode *inode);
int disk_rename(struct inode *from, const char *name, size_t length, struct inode *to,
                const char *new_name, size_t new_length);
