// SPDX-License-Identifier: MIT
// Where the contents of an inode lie: direct, indirect and double-indirect block numbers. The
// inode's lock guards them, in the inode and in its indirect blocks.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/print.h"

#define FIRST_DOUBLE (DISK_DIRECT + DISK_INDIRECT_ENTRIES)

static uint32_t *entries_of(struct buffer *buffer) { return buffer->page; }

// The block that a number found on the disk names.
static int check_number(struct disk_node *node, uint32_t block) {
    if (disk_block_is_data(&node->disk->super, block)) return 0;
    return disk_report(node->disk, "a block number that makes no sense, in inode",
                       node->inode.number);
}

static int get_indirect(struct disk_node *node, uint32_t block, struct buffer **found) {
    int error = check_number(node, block);
    return error ? error : buffer_get_writable(&node->disk->cache, block, found);
}

// ---- Finding -----------------------------------------------------------------------------------

// Replaces *block, an indirect block or 0, by the number in it.
static int step_down(struct disk_node *node, uint32_t entry, uint32_t *block) {
    if (*block == 0) return 0;
    struct buffer *buffer;
    int error = check_number(node, *block);
    if (!error) error = buffer_get(&node->disk->cache, *block, &buffer);
    if (error) return error;
    *block = entries_of(buffer)[entry];
    buffer_put(buffer);
    return 0;
}

int disk_map_find(struct disk_node *node, uint32_t index, uint32_t *block) {
    int error = 0;
    if (index < DISK_DIRECT) {
        *block = node->raw.direct[index];
    } else if (index < FIRST_DOUBLE) {
        *block = node->raw.indirect;
        error = step_down(node, index - DISK_DIRECT, block);
    } else if (index < DISK_FILE_BLOCKS) {
        uint32_t rest = index - FIRST_DOUBLE;
        *block = node->raw.double_indirect;
        error = step_down(node, rest / DISK_INDIRECT_ENTRIES, block);
        if (!error) error = step_down(node, rest % DISK_INDIRECT_ENTRIES, block);
    } else {
        return -EFBIG;
    }
    return error || *block == 0 ? error : check_number(node, *block);
}

// ---- Setting -----------------------------------------------------------------------------------

// The indirect block that *slot names, to be changed; made if it is missing.
static int get_or_make_indirect(struct disk_node *node, uint32_t *slot, struct buffer **found) {
    struct disk *disk = node->disk;
    if (*slot) {
        int error = get_indirect(node, *slot, found);
        if (!error) buffer_mark_changed(*found);
        return error;
    }
    uint32_t block;
    int error = disk_block_allocate(disk, node->last_block, &block);
    if (error) return error;
    if ((error = buffer_get_empty(&disk->cache, block, found))) {
        disk_block_return(disk, block);
        return error;
    }
    buffer_mark_changed(*found);
    *slot = block;
    node->raw.block_count++;
    return 0;
}

static int set_indirect(struct disk_node *node, uint32_t *slot, uint32_t entry, uint32_t block) {
    struct buffer *buffer;
    int error = get_or_make_indirect(node, slot, &buffer);
    if (error) return error;
    entries_of(buffer)[entry] = block;
    buffer_put(buffer);
    return 0;
}

int disk_map_put(struct disk_node *node, uint32_t index, uint32_t block) {
    int error = 0;
    if (index < DISK_DIRECT) {
        node->raw.direct[index] = block;
    } else if (index < FIRST_DOUBLE) {
        error = set_indirect(node, &node->raw.indirect, index - DISK_DIRECT, block);
    } else if (index < DISK_FILE_BLOCKS) {
        uint32_t rest = index - FIRST_DOUBLE;
        struct buffer *top;
        error = get_or_make_indirect(node, &node->raw.double_indirect, &top);
        if (error) return error;
        error = set_indirect(node, &entries_of(top)[rest / DISK_INDIRECT_ENTRIES],
                             rest % DISK_INDIRECT_ENTRIES, block);
        buffer_put(top);
    } else {
        return -EFBIG;
    }
    return error;
}

int disk_map_set(struct disk_node *node, uint32_t index, uint32_t block) {
    int error = disk_map_put(node, index, block);
    if (error) return error;
    node->raw.block_count++;
    node->last_block = block;
    return 0;
}

// ---- Freeing -----------------------------------------------------------------------------------

// What one operation may yet touch: blocks of the bitmap, of which a run of blocks mostly has one.
struct trim {
    uint32_t bitmap_block; // the last, counted from 1
    uint32_t left;
};

// Frees what *slot names. False if the operation has no room for that.
static bool trim_block(struct disk_node *node, struct trim *trim, uint32_t *slot) {
    uint32_t bitmap_block = *slot / DISK_BITS_PER_BLOCK + 1;
    if (*slot == 0) return true;
    if (bitmap_block != trim->bitmap_block) {
        if (trim->left == 0) return false;
        trim->left--;
        trim->bitmap_block = bitmap_block;
    }
    // A number that makes no sense is given up for lost.
    if (check_number(node, *slot) == 0) disk_block_free(node->disk, *slot);
    if (node->raw.block_count > 0) node->raw.block_count--;
    *slot = 0;
    return true;
}

// Frees the entries of an indirect block from `first` on, and the block if none is left. 1 if there
// is more to do.
static int trim_indirect(struct disk_node *node, struct trim *trim, uint32_t *slot,
                         uint32_t first) {
    if (*slot == 0 || first >= DISK_INDIRECT_ENTRIES) return 0;
    struct buffer *buffer;
    int error = get_indirect(node, *slot, &buffer);
    if (error) return error;
    buffer_mark_changed(buffer);
    bool done = true;
    for (uint32_t i = DISK_INDIRECT_ENTRIES; done && i > first; i--)
        done = trim_block(node, trim, &entries_of(buffer)[i - 1]);
    buffer_put(buffer);
    if (done && first == 0) done = trim_block(node, trim, slot);
    return !done;
}

// Does so for the last of the indirect blocks that a double-indirect one names.
static int trim_double(struct disk_node *node, struct trim *trim, uint32_t first) {
    uint32_t *slot = &node->raw.double_indirect;
    if (*slot == 0) return 0;
    struct buffer *top;
    int error = get_indirect(node, *slot, &top);
    if (error) return error;
    buffer_mark_changed(top);
    uint32_t i = DISK_INDIRECT_ENTRIES, lowest = first / DISK_INDIRECT_ENTRIES;
    while (i > lowest && entries_of(top)[i - 1] == 0) i--;
    int more = 0;
    if (i > lowest) {
        uint32_t rest = i - 1 == lowest ? first % DISK_INDIRECT_ENTRIES : 0;
        more = trim_indirect(node, trim, &entries_of(top)[i - 1], rest);
        if (more == 0) more = i - 1 > lowest || first == 0;
    } else if (first == 0) {
        more = !trim_block(node, trim, slot);
    }
    buffer_put(top);
    return more;
}

int disk_map_trim(struct disk_node *node, uint32_t first) {
    struct trim trim = {.left = DISK_TRIM_BLOCKS - 6};
    int more = trim_double(node, &trim, first > FIRST_DOUBLE ? first - FIRST_DOUBLE : 0);
    if (more || first >= FIRST_DOUBLE) return more;
    more = trim_indirect(node, &trim, &node->raw.indirect,
                         first > DISK_DIRECT ? first - DISK_DIRECT : 0);
    for (uint32_t i = DISK_DIRECT; more == 0 && i > first; i--)
        more = !trim_block(node, &trim, &node->raw.direct[i - 1]);
    return more;
}
