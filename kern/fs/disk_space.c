// SPDX-License-Identifier: MIT
// Which blocks and inodes are in use, and the table of orphans. The disk's lock guards it all. The
// bitmaps' blocks stay in memory, so that taking and freeing need no transfer and cannot fail.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mem/page.h"

static uint32_t bitmap_blocks(uint32_t bits) { return disk_blocks_for(bits, DISK_BITS_PER_BLOCK); }

static uint64_t *words_of(struct buffer **bitmap, uint32_t index) {
    return bitmap[index / DISK_BITS_PER_BLOCK]->page;
}

static uint64_t mask_of(uint32_t index) { return UINT64_C(1) << index % 64; }

static uint32_t word_of(uint32_t index) { return index % DISK_BITS_PER_BLOCK / 64; }

// ---- Opening and closing -----------------------------------------------------------------------

// Counts the clear bits below `count`.
static uint32_t count_free(struct buffer **bitmap, uint32_t count) {
    uint32_t used = 0;
    for (uint32_t first = 0; first < count; first += DISK_BITS_PER_BLOCK) {
        uint32_t rest = count - first;
        if (rest > DISK_BITS_PER_BLOCK) rest = DISK_BITS_PER_BLOCK;
        used += bitmap_count(words_of(bitmap, first), rest);
    }
    return count - used;
}

// Gets all blocks of a bitmap. The pointers to them fill one page.
static int open_bitmap(struct disk *disk, uint32_t start, uint32_t bits, struct buffer ***bitmap) {
    uint32_t count = bitmap_blocks(bits);
    if (count > PAGE_SIZE / sizeof(void *)) return -EFBIG;
    *bitmap = page_alloc_zeroed();
    if (!*bitmap) return -ENOMEM;
    int error = 0;
    for (uint32_t i = 0; !error && i < count; i++)
        error = buffer_get_writable(&disk->cache, start + i, &(*bitmap)[i]);
    return error;
}

static int open_pending(struct disk *disk) {
    uint32_t count = bitmap_blocks(disk->super.block_count);
    disk->pending = page_alloc_zeroed();
    if (!disk->pending) return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        if (!(disk->pending[i] = page_alloc_zeroed())) return -ENOMEM;
    return 0;
}

int disk_space_open(struct disk *disk) {
    const struct disk_super *super = &disk->super;
    int error = open_bitmap(disk, super->block_bitmap, super->block_count, &disk->block_bitmap);
    if (!error)
        error = open_bitmap(disk, super->inode_bitmap, super->inode_count, &disk->inode_bitmap);
    if (!error) error = open_pending(disk);
    if (!error) error = buffer_get_writable(&disk->cache, DISK_ORPHAN_BLOCK, &disk->orphans);
    if (error) return error;
    if (((struct disk_orphans *)disk->orphans->page)->magic != DISK_ORPHAN_MAGIC)
        return disk_report(disk, "the table of orphans is damaged", DISK_ORPHAN_BLOCK);
    disk->free_blocks = count_free(disk->block_bitmap, super->block_count);
    disk->free_inodes = count_free(disk->inode_bitmap, super->inode_count);
    return 0;
}

static void close_bitmap(struct buffer **bitmap) {
    if (!bitmap) return;
    for (uint32_t i = 0; i < PAGE_SIZE / sizeof(void *); i++)
        if (bitmap[i]) buffer_put(bitmap[i]);
    page_put(bitmap);
}

void disk_space_close(struct disk *disk) {
    close_bitmap(disk->block_bitmap);
    close_bitmap(disk->inode_bitmap);
    if (disk->orphans) buffer_put(disk->orphans);
    for (uint32_t i = 0; disk->pending && i < PAGE_SIZE / sizeof(void *); i++)
        if (disk->pending[i]) page_put(disk->pending[i]);
    if (disk->pending) page_put(disk->pending);
}

// ---- Blocks ------------------------------------------------------------------------------------

// Bits of the word that holds `index` which are neither in use nor freed only by this transaction.
static uint64_t free_in_word(struct disk *disk, uint32_t index) {
    uint64_t used = words_of(disk->block_bitmap, index)[word_of(index)] |
                    disk->pending[index / DISK_BITS_PER_BLOCK][word_of(index)];
    uint32_t first = index / 64 * 64;
    if (disk->super.block_count - first < 64) used |= ~(mask_of(disk->super.block_count) - 1);
    return ~used;
}

// The first free block from `start` on that the log holds nothing for, or 0.
static uint32_t find_free_block(struct disk *disk, uint32_t start, uint32_t end) {
    for (uint32_t at = start / 64 * 64; at < end; at += 64) {
        uint64_t free = free_in_word(disk, at);
        if (at < start) free &= ~(mask_of(start) - 1);
        for (; free; free &= free - 1) {
            uint32_t block = at + (uint32_t)__builtin_ctzll(free);
            if (disk_block_is_data(&disk->super, block) && !buffer_is_logged(&disk->cache, block))
                return block;
        }
    }
    return 0;
}

int disk_block_allocate(struct disk *disk, uint32_t near, uint32_t *block) {
    if (!disk_block_is_data(&disk->super, near)) near = disk->super.data;
    spinlock_acquire(&disk->lock);
    uint32_t found = 0;
    if (disk->free_blocks > 0) found = find_free_block(disk, near, disk->super.block_count);
    if (!found && disk->free_blocks > 0) found = find_free_block(disk, disk->super.data, near);
    if (found) {
        words_of(disk->block_bitmap, found)[word_of(found)] |= mask_of(found);
        disk->free_blocks--;
    }
    spinlock_release(&disk->lock);
    if (!found) return -ENOSPC;
    buffer_mark_changed(disk->block_bitmap[found / DISK_BITS_PER_BLOCK]);
    *block = found;
    return 0;
}

void disk_block_return(struct disk *disk, uint32_t block) {
    spinlock_acquire(&disk->lock);
    words_of(disk->block_bitmap, block)[word_of(block)] &= ~mask_of(block);
    disk->free_blocks++;
    spinlock_release(&disk->lock);
}

void disk_block_free(struct disk *disk, uint32_t block) {
    buffer_forget_dirty(&disk->cache, block);
    buffer_mark_changed(disk->block_bitmap[block / DISK_BITS_PER_BLOCK]);
    spinlock_acquire(&disk->lock);
    uint64_t *word = &words_of(disk->block_bitmap, block)[word_of(block)];
    bool was_used = *word & mask_of(block);
    if (was_used) {
        *word &= ~mask_of(block);
        disk->pending[block / DISK_BITS_PER_BLOCK][word_of(block)] |= mask_of(block);
        disk->pending_blocks++;
    }
    spinlock_release(&disk->lock);
    if (!was_used) disk_report(disk, "a block in use is marked free", block);
}

bool disk_space_is_pending(struct disk *disk) {
    spinlock_acquire(&disk->lock);
    bool is_low = disk->free_blocks < DISK_SPACE_LOW && disk->pending_blocks > 0;
    spinlock_release(&disk->lock);
    return is_low;
}

void disk_space_committed(struct disk *disk) {
    spinlock_acquire(&disk->lock);
    uint32_t blocks = disk->pending_blocks > 0 ? bitmap_blocks(disk->super.block_count) : 0;
    disk->free_blocks += disk->pending_blocks;
    disk->pending_blocks = 0;
    spinlock_release(&disk->lock);
    // Only operations use them, and none runs.
    for (uint32_t i = 0; i < blocks; i++) page_clear(disk->pending[i]);
}

// ---- Inodes ------------------------------------------------------------------------------------

int disk_inode_allocate(struct disk *disk, uint32_t *number) {
    const uint32_t count = disk->super.inode_count;
    int error = -ENOSPC;
    spinlock_acquire(&disk->lock);
    for (uint32_t tried = 0; tried < count && disk->free_inodes > 0; tried++) {
        uint32_t at = disk->next_inode++;
        if (disk->next_inode >= count) disk->next_inode = DISK_ROOT;
        uint64_t *word = &words_of(disk->inode_bitmap, at)[word_of(at)];
        if (*word == UINT64_MAX && at % 64 == 0 && count - at > 64) {
            disk->next_inode = at + 64;
            tried += 63;
        } else if (!(*word & mask_of(at)) && at > DISK_ROOT) {
            *word |= mask_of(at);
            disk->free_inodes--;
            *number = at;
            error = 0;
            break;
        }
    }
    spinlock_release(&disk->lock);
    if (!error) buffer_mark_changed(disk->inode_bitmap[*number / DISK_BITS_PER_BLOCK]);
    return error;
}

void disk_inode_return(struct disk *disk, uint32_t number) {
    buffer_mark_changed(disk->inode_bitmap[number / DISK_BITS_PER_BLOCK]);
    spinlock_acquire(&disk->lock);
    words_of(disk->inode_bitmap, number)[word_of(number)] &= ~mask_of(number);
    disk->free_inodes++;
    if (number < disk->next_inode) disk->next_inode = number;
    spinlock_release(&disk->lock);
}

bool disk_inode_is_used(struct disk *disk, uint64_t number) {
    if (number == 0 || number >= disk->super.inode_count) return false;
    uint32_t at = (uint32_t)number;
    spinlock_acquire(&disk->lock);
    bool is_used = words_of(disk->inode_bitmap, at)[word_of(at)] & mask_of(at);
    spinlock_release(&disk->lock);
    return is_used;
}

// ---- Orphans -----------------------------------------------------------------------------------

int disk_orphan_add(struct disk_node *node) {
    struct disk *disk = node->disk;
    struct disk_orphans *orphans = disk->orphans->page;
    if (node->orphan) return 0;
    spinlock_acquire(&disk->lock);
    uint32_t at = 0;
    while (at < DISK_ORPHANS && orphans->inodes[at]) at++;
    if (at < DISK_ORPHANS) orphans->inodes[at] = (uint32_t)node->inode.number;
    spinlock_release(&disk->lock);
    if (at == DISK_ORPHANS) return -ENOSPC;
    node->orphan = at + 1;
    buffer_mark_changed(disk->orphans);
    return 0;
}

void disk_orphan_remove(struct disk_node *node) {
    struct disk *disk = node->disk;
    if (!node->orphan) return;
    buffer_mark_changed(disk->orphans);
    spinlock_acquire(&disk->lock);
    ((struct disk_orphans *)disk->orphans->page)->inodes[node->orphan - 1] = 0;
    spinlock_release(&disk->lock);
    node->orphan = 0;
}
