// SPDX-License-Identifier: MIT
// The file system's format on disk, shared by the kernel, mkfs and fsck: all numbers little-endian,
// all blocks of 4 KiB, and blocks and inodes named by numbers, of which 0 means none.
//
//   0      super block: what is where
//   1      orphans: inodes to be freed or cut when the disk is mounted
//   2      log header: where in the log the oldest record begins
//   3...   log; block bitmap; inode bitmap; inode table; data
//
// Data means contents of files, leaves of directories and indirect blocks. A directory's contents
// are a trie over the hashes of its names: the leaf for the names whose hash begins with the
// `depth` bits `prefix` is the directory's block (1 << depth) - 1 + prefix, and blocks on the way
// to a leaf are holes. A directory without names has no blocks.
#pragma once

#include "abi/types.h"

#define DISK_BLOCK_SIZE 4096
#define DISK_MAGIC      UINT64_C(0x6b73696436767063) // "cpv6disk"
#define DISK_VERSION    1
#define DISK_NAME_MAX   255
#define DISK_ROOT       1 // its inode

enum { DISK_SUPER_BLOCK, DISK_ORPHAN_BLOCK, DISK_LOG_HEADER, DISK_LOG_START };

struct disk_super {
    uint64_t magic;
    uint32_t version;
    uint32_t block_count;
    uint32_t inode_count; // inode 0 is never used
    uint32_t log_blocks;
    uint32_t block_bitmap; // where each part starts
    uint32_t inode_bitmap;
    uint32_t inode_table;
    uint32_t data;
    uint64_t checksum; // of what stands before
};
_Static_assert(sizeof(struct disk_super) == 48, "no padding on disk");

// ---- Inodes ------------------------------------------------------------------------------------

#define DISK_DIRECT           16
#define DISK_INDIRECT_ENTRIES (DISK_BLOCK_SIZE / 4)
#define DISK_FILE_BLOCKS                                                                           \
    (DISK_DIRECT + DISK_INDIRECT_ENTRIES + DISK_INDIRECT_ENTRIES * DISK_INDIRECT_ENTRIES)
#define DISK_FILE_MAX  ((uint64_t)DISK_FILE_BLOCKS * DISK_BLOCK_SIZE)
#define DISK_LINKS_MAX 65535

enum { DISK_REGULAR = 1, DISK_DIRECTORY = 2 }; // enum file_kind; device files are not on disks

// A free inode is all zeros.
struct disk_inode {
    uint16_t kind; // DISK_REGULAR or DISK_DIRECTORY
    uint16_t reserved;
    uint32_t links;       // names
    uint64_t size;        // of a file bytes, of a directory names
    uint64_t modified;    // nanoseconds since 1970
    uint32_t block_count; // data blocks, indirect ones too
    uint32_t parent;      // of a directory
    uint32_t direct[DISK_DIRECT];
    uint32_t indirect;
    uint32_t double_indirect;
    uint32_t unused[4];
    uint64_t checksum; // of the inode's number and what stands before
};
_Static_assert(sizeof(struct disk_inode) == 128, "a whole number of inodes in a block");

#define DISK_INODES_PER_BLOCK (DISK_BLOCK_SIZE / sizeof(struct disk_inode))
#define DISK_BITS_PER_BLOCK   (DISK_BLOCK_SIZE * 8)

#define DISK_ORPHAN_MAGIC UINT64_C(0x6e6168706f367063)
#define DISK_ORPHANS      ((DISK_BLOCK_SIZE - 8) / 4)

// Inodes without names that were still open, and files that were being cut to their size.
struct disk_orphans {
    uint64_t magic;
    uint32_t inodes[DISK_ORPHANS];
};
_Static_assert(sizeof(struct disk_orphans) <= DISK_BLOCK_SIZE, "one block");

// ---- Directories -------------------------------------------------------------------------------

#define DISK_LEAF_MAGIC 0x6661656cu
#define DISK_DEPTH_MAX  16

struct disk_leaf { // entries follow without gaps
    uint32_t magic;
    uint32_t directory; // the inode it belongs to
    uint32_t used;      // bytes, with this header
    uint32_t count;     // entries
};

struct disk_entry {
    uint32_t inode;
    uint32_t hash;
    uint16_t tie; // tells names of equal hash apart, so that positions are unique
    uint8_t length;
    uint8_t kind;
    char name[]; // and zeros up to a multiple of 4
};
_Static_assert(sizeof(struct disk_entry) == 12, "no padding on disk");

static inline uint32_t disk_entry_size(size_t length) {
    return (uint32_t)((sizeof(struct disk_entry) + length + 3) & ~(size_t)3);
}

static inline uint32_t disk_leaf_index(uint32_t depth, uint32_t hash) {
    return (uint32_t)((1u << depth) - 1 + ((uint64_t)hash >> (32 - depth)));
}

static inline uint32_t disk_name_hash(const char *name, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

// ---- Log ---------------------------------------------------------------------------------------

#define DISK_LOG_MAGIC        UINT64_C(0x00676f6c36767063)
#define DISK_LOG_BLOCKS_MIN   64
#define DISK_LOG_BLOCKS_MAX   4096
#define DISK_LOG_RECORD_MAX   1016 // blocks in one record
#define DISK_LOG_RECORD_MAGIC UINT64_C(0x6472636572367063)

struct disk_log_header {
    uint64_t magic;
    uint64_t sequence; // of the oldest record that may be needed
    uint32_t position; // and where it stands, counted from the log's start
    uint32_t reserved;
    uint64_t checksum; // of what stands before
};

// A record is this block and then `count` blocks, wrapping around at the log's end. It is complete
// if the checksum is right: of this block, the field itself being 0, and then the others.
struct disk_log_record {
    uint64_t magic;
    uint64_t sequence; // one more than that of the record before
    uint64_t checksum;
    uint32_t count;
    uint32_t reserved;
    uint32_t blocks[DISK_LOG_RECORD_MAX]; // where they belong
};
_Static_assert(sizeof(struct disk_log_record) == DISK_BLOCK_SIZE, "one block");

// ---- Shared by all -----------------------------------------------------------------------------

// A change of one word always shows. `size` is a multiple of 8.
static inline uint64_t disk_checksum(uint64_t seed, const void *bytes, size_t size) {
    const uint64_t *words = bytes;
    uint64_t sum = seed ^ UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < size / 8; i++) {
        sum = (sum ^ words[i]) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 29;
    }
    return sum;
}

static inline uint64_t disk_inode_checksum(uint32_t number, const struct disk_inode *inode) {
    return disk_checksum(number, inode, offsetof(struct disk_inode, checksum));
}

static inline uint32_t disk_blocks_for(uint64_t count, uint64_t per_block) {
    return (uint32_t)((count + per_block - 1) / per_block);
}

// Fills in a super block of these sizes. The caller sees that there is room.
static inline void disk_super_fill(struct disk_super *super, uint32_t block_count,
                                   uint32_t inode_count, uint32_t log_blocks) {
    *super = (struct disk_super){.magic = DISK_MAGIC, .version = DISK_VERSION};
    super->block_count = block_count;
    super->inode_count = inode_count;
    super->log_blocks = log_blocks;
    super->block_bitmap = DISK_LOG_START + log_blocks;
    super->inode_bitmap = super->block_bitmap + disk_blocks_for(block_count, DISK_BITS_PER_BLOCK);
    super->inode_table = super->inode_bitmap + disk_blocks_for(inode_count, DISK_BITS_PER_BLOCK);
    super->data = super->inode_table + disk_blocks_for(inode_count, DISK_INODES_PER_BLOCK);
    super->checksum = disk_checksum(0, super, offsetof(struct disk_super, checksum));
}

// What is wrong with a super block, or NULL.
static inline const char *disk_super_check(const struct disk_super *super, uint64_t device_blocks) {
    struct disk_super right;
    if (super->magic != DISK_MAGIC) return "there is no file system of capv6 on it";
    if (super->version != DISK_VERSION) return "its format is of another version";
    if (super->checksum != disk_checksum(0, super, offsetof(struct disk_super, checksum)))
        return "the checksum of its super block is wrong";
    if (super->log_blocks < DISK_LOG_BLOCKS_MIN || super->log_blocks > DISK_LOG_BLOCKS_MAX ||
        super->inode_count < 2 || super->inode_count > UINT32_C(1) << 28 ||
        super->block_count > UINT32_C(1) << 31)
        return "its super block makes no sense";
    disk_super_fill(&right, super->block_count, super->inode_count, super->log_blocks);
    if (super->block_bitmap != right.block_bitmap || super->inode_bitmap != right.inode_bitmap ||
        super->inode_table != right.inode_table || super->data != right.data ||
        super->data >= super->block_count)
        return "its super block makes no sense";
    return super->block_count > device_blocks ? "the disk is smaller than its file system" : NULL;
}

static inline bool disk_block_is_data(const struct disk_super *super, uint32_t block) {
    return block >= super->data && block < super->block_count;
}

// Blocks that the log may hold: all that are changed after mkfs, but for the log itself.
static inline bool disk_block_may_be_logged(const struct disk_super *super, uint32_t block) {
    return block == DISK_ORPHAN_BLOCK ||
           (block >= super->block_bitmap && block < super->block_count);
}

static inline bool disk_log_header_is_good(const struct disk_super *super,
                                           const struct disk_log_header *header) {
    return header->magic == DISK_LOG_MAGIC && header->position < super->log_blocks &&
           header->checksum == disk_checksum(0, header, offsetof(struct disk_log_header, checksum));
}

// Whether a block begins a record with this sequence number; its checksum is not looked at yet.
static inline bool disk_log_record_is_plausible(const struct disk_super *super,
                                                const struct disk_log_record *record,
                                                uint64_t sequence) {
    if (record->magic != DISK_LOG_RECORD_MAGIC || record->sequence != sequence) return false;
    if (record->count == 0 || record->count > DISK_LOG_RECORD_MAX ||
        record->count >= super->log_blocks)
        return false;
    for (uint32_t i = 0; i < record->count; i++)
        if (!disk_block_may_be_logged(super, record->blocks[i])) return false;
    return true;
}

// The checksum of the record's first block; those of the others are then chained to it.
static inline uint64_t disk_log_record_checksum(const struct disk_log_record *record) {
    uint64_t sum = disk_checksum(0, record, offsetof(struct disk_log_record, checksum));
    return disk_checksum(sum, &record->count,
                         sizeof(*record) - offsetof(struct disk_log_record, count));
}

// Whether the entry at `at` of a leaf lies in it as it should.
static inline bool disk_entry_is_good(const struct disk_leaf *leaf, uint32_t at) {
    if (at + sizeof(struct disk_entry) > leaf->used) return false;
    const struct disk_entry *entry =
        (const struct disk_entry *)(const void *)((const char *)leaf + at);
    return entry->length > 0 && at + disk_entry_size(entry->length) <= leaf->used;
}

static inline bool disk_leaf_is_good(const struct disk_leaf *leaf, uint32_t directory) {
    return leaf->magic == DISK_LEAF_MAGIC && leaf->directory == directory &&
           leaf->used >= sizeof(*leaf) && leaf->used <= DISK_BLOCK_SIZE && leaf->used % 4 == 0;
}
