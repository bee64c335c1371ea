// SPDX-License-Identifier: MIT
// Checks a file system in memory, the log first. Every number from the image is looked at before it
// is used, so that any image at all can be checked.

#include "check_image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
    uint8_t *image;
    struct disk_super super;
    image_report *report;
    void *context;
    uint32_t errors;
    uint32_t *owners;  // of each block: its inode, or 0
    uint32_t *names;   // of each inode: how many there are
    uint32_t *parents; // of each directory: where its name is
    uint8_t *orphans;  // of each inode: whether it is one
};

static __attribute__((format(printf, 2, 3))) void wrong(struct check *check, const char *format,
                                                        ...) {
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    check->errors++;
    check->report(check->context, text);
}

static void *block_at(const struct check *check, uint32_t block) {
    return check->image + (size_t)block * DISK_BLOCK_SIZE;
}

static bool bit_at(const struct check *check, uint32_t bitmap, uint32_t index) {
    const uint8_t *bytes = block_at(check, bitmap);
    return bytes[index / 8] >> index % 8 & 1;
}

static struct disk_inode *inode_at(const struct check *check, uint32_t number) {
    return (struct disk_inode *)block_at(check, check->super.inode_table) + number;
}

// ---- The log -----------------------------------------------------------------------------------

static uint8_t *log_block(const struct check *check, uint32_t position) {
    return block_at(check, DISK_LOG_START + position % check->super.log_blocks);
}

static bool record_is_complete(const struct check *check, uint32_t position, uint64_t sequence) {
    const struct disk_log_record *record = (void *)log_block(check, position);
    if (!disk_log_record_is_plausible(&check->super, record, sequence)) return false;
    uint64_t sum = disk_log_record_checksum(record);
    for (uint32_t i = 1; i <= record->count; i++)
        sum = disk_checksum(sum, log_block(check, position + i), DISK_BLOCK_SIZE);
    return sum == record->checksum;
}

static uint32_t replay(struct check *check) {
    const struct disk_log_header *header = block_at(check, DISK_LOG_HEADER);
    uint32_t records = 0, used = 0;
    if (!disk_log_header_is_good(&check->super, header)) {
        wrong(check, "the log's header is damaged");
        return 0;
    }
    uint32_t position = header->position;
    while (record_is_complete(check, position, header->sequence + records)) {
        const struct disk_log_record *record = (void *)log_block(check, position);
        used += record->count + 1;
        if (used > check->super.log_blocks) {
            wrong(check, "the log has more records than fit in it");
            break;
        }
        for (uint32_t i = 0; i < record->count; i++)
            memcpy(block_at(check, record->blocks[i]), log_block(check, position + i + 1),
                   DISK_BLOCK_SIZE);
        position = (position + record->count + 1) % check->super.log_blocks;
        records++;
    }
    return records;
}

// ---- Blocks of inodes --------------------------------------------------------------------------

// Notes that an inode has a block. False if the block cannot be used.
static bool own(struct check *check, uint32_t number, uint32_t block) {
    if (!disk_block_is_data(&check->super, block)) {
        wrong(check, "inode %u has block %u, which is not a data block", number, block);
        return false;
    }
    if (check->owners[block]) {
        wrong(check, "block %u belongs to inode %u and to inode %u", block, check->owners[block],
              number);
        return false;
    }
    check->owners[block] = number;
    if (!bit_at(check, check->super.block_bitmap, block))
        wrong(check, "block %u of inode %u is marked free", block, number);
    return true;
}

typedef void block_visitor(struct check *check, uint32_t number, uint32_t index, uint32_t block);

// Visits what an indirect block names, `depth` levels of them; counts all blocks.
static uint32_t visit_indirect(struct check *check, uint32_t number, uint32_t block, uint32_t depth,
                               uint32_t index, block_visitor *visit) {
    if (block == 0 || !own(check, number, block)) return 0;
    if (depth == 0) {
        visit(check, number, index, block);
        return 1;
    }
    const uint32_t *entries = block_at(check, block);
    uint32_t count = 1, span = depth == 2 ? DISK_INDIRECT_ENTRIES : 1;
    for (uint32_t i = 0; i < DISK_INDIRECT_ENTRIES; i++)
        count += visit_indirect(check, number, entries[i], depth - 1, index + i * span, visit);
    return count;
}

static void visit_blocks(struct check *check, uint32_t number, block_visitor *visit) {
    const struct disk_inode *inode = inode_at(check, number);
    uint32_t count = 0;
    for (uint32_t i = 0; i < DISK_DIRECT; i++)
        count += visit_indirect(check, number, inode->direct[i], 0, i, visit);
    count += visit_indirect(check, number, inode->indirect, 1, DISK_DIRECT, visit);
    count += visit_indirect(check, number, inode->double_indirect, 2,
                            DISK_DIRECT + DISK_INDIRECT_ENTRIES, visit);
    if (count != inode->block_count)
        wrong(check, "inode %u has %u blocks and says that it has %u", number, count,
              inode->block_count);
}

static void visit_file_block(struct check *check, uint32_t number, uint32_t index, uint32_t block) {
    uint64_t size = inode_at(check, number)->size;
    if ((uint64_t)index * DISK_BLOCK_SIZE >= size && !check->orphans[number])
        wrong(check, "inode %u has block %u behind its end", number, block);
}

// ---- Directories -------------------------------------------------------------------------------

static struct disk_entry *entry_at(struct disk_leaf *leaf, uint32_t at) {
    return (struct disk_entry *)(void *)((uint8_t *)leaf + at);
}

static void check_name(struct check *check, uint32_t number, const struct disk_entry *entry) {
    bool is_special = (entry->length == 1 && entry->name[0] == '.') ||
                      (entry->length == 2 && memcmp(entry->name, "..", 2) == 0);
    if (is_special || memchr(entry->name, '/', entry->length) ||
        memchr(entry->name, 0, entry->length))
        wrong(check, "directory %u has a name that nothing can have", number);
    if (entry->hash != disk_name_hash(entry->name, entry->length))
        wrong(check, "directory %u: the hash of '%.*s' is wrong", number, entry->length,
              entry->name);
    if (entry->inode == 0 || entry->inode >= check->super.inode_count) {
        wrong(check, "directory %u: '%.*s' names inode %u, which there is not", number,
              entry->length, entry->name, entry->inode);
        return;
    }
    const struct disk_inode *inode = inode_at(check, entry->inode);
    check->names[entry->inode]++;
    check->parents[entry->inode] = number;
    if (inode->kind != entry->kind)
        wrong(check, "directory %u: '%.*s' is of another kind than inode %u", number, entry->length,
              entry->name, entry->inode);
}

// Entries of one leaf whose names, or whose positions, are the same.
static void check_duplicates(struct check *check, uint32_t number, struct disk_leaf *leaf,
                             uint32_t limit) {
    const struct disk_entry *entry = entry_at(leaf, limit);
    for (uint32_t at = sizeof(*leaf); at < limit;) {
        const struct disk_entry *other = entry_at(leaf, at);
        at += disk_entry_size(other->length);
        if (other->hash != entry->hash) continue;
        if (other->tie == entry->tie)
            wrong(check, "directory %u: two names have the same position", number);
        if (other->length == entry->length && !memcmp(other->name, entry->name, entry->length))
            wrong(check, "directory %u has '%.*s' twice", number, entry->length, entry->name);
    }
}

// The hashes that a leaf is for follow from its index.
static void check_leaf(struct check *check, uint32_t number, uint32_t index, uint32_t block) {
    struct disk_leaf *leaf = block_at(check, block);
    uint32_t depth = 31 - (uint32_t)__builtin_clz(index + 1), count = 0;
    if (depth > DISK_DEPTH_MAX || !disk_leaf_is_good(leaf, number)) {
        wrong(check, "directory %u: block %u is not a leaf of it", number, block);
        return;
    }
    uint32_t at = sizeof(*leaf);
    for (; at < leaf->used; count++) {
        if (!disk_entry_is_good(leaf, at)) break;
        const struct disk_entry *entry = entry_at(leaf, at);
        check_name(check, number, entry);
        check_duplicates(check, number, leaf, at);
        if (disk_leaf_index(depth, entry->hash) != index)
            wrong(check, "directory %u: '%.*s' is in the wrong leaf", number, entry->length,
                  entry->name);
        at += disk_entry_size(entry->length);
    }
    if (at != leaf->used || count != leaf->count)
        wrong(check, "directory %u: the entries in block %u are damaged", number, block);
}

static uint32_t leaf_block(const struct check *check, const struct disk_inode *inode,
                           uint32_t index) {
    uint32_t path[2], depth = 0, block;
    if (index < DISK_DIRECT) return inode->direct[index];
    index -= DISK_DIRECT;
    if (index < DISK_INDIRECT_ENTRIES) {
        block = inode->indirect;
    } else {
        block = inode->double_indirect;
        path[depth++] = (index - DISK_INDIRECT_ENTRIES) / DISK_INDIRECT_ENTRIES;
    }
    path[depth++] = index % DISK_INDIRECT_ENTRIES;
    for (uint32_t i = 0; i < depth; i++) {
        if (!disk_block_is_data(&check->super, block)) return 0;
        block = ((uint32_t *)block_at(check, block))[path[i]];
    }
    return block;
}

// Every hash has exactly one leaf. The number of names below.
static uint64_t check_trie(struct check *check, uint32_t number, uint32_t index, bool has_leaf) {
    uint32_t depth = 31 - (uint32_t)__builtin_clz(index + 1);
    uint32_t block = leaf_block(check, inode_at(check, number), index);
    uint64_t names = 0;
    if (block && has_leaf) wrong(check, "directory %u has a leaf below another", number);
    if (block && disk_block_is_data(&check->super, block))
        names = ((struct disk_leaf *)block_at(check, block))->count;
    if (depth < DISK_DEPTH_MAX && !(block || has_leaf)) {
        names += check_trie(check, number, 2 * index + 1, false);
        names += check_trie(check, number, 2 * index + 2, false);
    } else if (!block && !has_leaf) {
        wrong(check, "directory %u lacks a leaf", number);
    }
    return names;
}

static void visit_leaf(struct check *check, uint32_t number, uint32_t index, uint32_t block) {
    uint32_t above = index;
    check_leaf(check, number, index, block);
    while (above > 0) {
        above = (above - 1) / 2;
        if (leaf_block(check, inode_at(check, number), above))
            wrong(check, "directory %u has a leaf below another", number);
    }
}

static void check_directory(struct check *check, uint32_t number) {
    const struct disk_inode *inode = inode_at(check, number);
    uint32_t errors = check->errors;
    visit_blocks(check, number, visit_leaf);
    if (check->errors > errors) return;
    uint64_t names = inode->block_count > 0 ? check_trie(check, number, 0, false) : 0;
    if (names != inode->size)
        wrong(check, "directory %u has %llu names and says that it has %llu", number,
              (unsigned long long)names, (unsigned long long)inode->size);
}

// ---- Inodes ------------------------------------------------------------------------------------

static bool is_zero(const struct disk_inode *inode) {
    static const struct disk_inode zero;
    return memcmp(inode, &zero, sizeof(zero)) == 0;
}

static void check_inode(struct check *check, uint32_t number) {
    const struct disk_inode *inode = inode_at(check, number);
    if (!bit_at(check, check->super.inode_bitmap, number)) {
        if (!is_zero(inode)) wrong(check, "inode %u is marked free and is in use", number);
        return;
    }
    if (inode->checksum != disk_inode_checksum(number, inode))
        wrong(check, "inode %u: its checksum is wrong", number);
    else if (inode->kind == DISK_DIRECTORY)
        check_directory(check, number);
    else if (inode->kind == DISK_REGULAR && inode->size <= DISK_FILE_MAX)
        visit_blocks(check, number, visit_file_block);
    else
        wrong(check, "inode %u is of no kind, or too large", number);
}

static void check_links(struct check *check, uint32_t number) {
    const struct disk_inode *inode = inode_at(check, number);
    uint32_t names = check->names[number] + (number == DISK_ROOT);
    if (!bit_at(check, check->super.inode_bitmap, number)) {
        if (names > 0) wrong(check, "inode %u is free and has a name", number);
        return;
    }
    if (names != inode->links)
        wrong(check, "inode %u has %u names and says that it has %u", number, names, inode->links);
    if (inode->links == 0 && !check->orphans[number])
        wrong(check, "inode %u has no name and is not an orphan", number);
    if (inode->kind != DISK_DIRECTORY || inode->links == 0) return;
    if (inode->links > 1) wrong(check, "directory %u has several names", number);
    uint32_t parent = number == DISK_ROOT ? DISK_ROOT : check->parents[number];
    if (inode->parent != parent)
        wrong(check, "directory %u says that its parent is %u, not %u", number, inode->parent,
              parent);
    // Up from every directory one comes to the root in fewer steps than there are inodes.
    uint32_t at = number, steps = 0;
    while (at != DISK_ROOT && at != 0 && steps < check->super.inode_count) {
        at = check->parents[at];
        steps++;
    }
    if (at != DISK_ROOT) wrong(check, "directory %u cannot be reached", number);
}

static void check_orphans(struct check *check) {
    const struct disk_orphans *orphans = block_at(check, DISK_ORPHAN_BLOCK);
    if (orphans->magic != DISK_ORPHAN_MAGIC) {
        wrong(check, "the table of orphans is damaged");
        return;
    }
    for (uint32_t i = 0; i < DISK_ORPHANS; i++) {
        uint32_t number = orphans->inodes[i];
        if (number == 0) continue;
        if (number >= check->super.inode_count || !bit_at(check, check->super.inode_bitmap, number))
            wrong(check, "orphan %u is not in use", number);
        else if (check->orphans[number]++)
            wrong(check, "inode %u is an orphan twice", number);
    }
}

// ---- Everything --------------------------------------------------------------------------------

static void check_blocks(struct check *check) {
    for (uint32_t block = 0; block < check->super.block_count; block++) {
        bool is_used = bit_at(check, check->super.block_bitmap, block);
        if (block < check->super.data && !is_used)
            wrong(check, "block %u is part of the file system and marked free", block);
        if (block >= check->super.data && is_used && !check->owners[block])
            wrong(check, "block %u is in use by nobody", block);
    }
    uint32_t end = disk_blocks_for(check->super.block_count, DISK_BITS_PER_BLOCK);
    for (uint64_t bit = check->super.block_count; bit < (uint64_t)end * DISK_BITS_PER_BLOCK; bit++)
        if (bit_at(check, check->super.block_bitmap, (uint32_t)bit))
            wrong(check, "block %u is in use and is not there", (uint32_t)bit);
}

static void check_all(struct check *check) {
    check_orphans(check);
    if (!bit_at(check, check->super.inode_bitmap, 0)) wrong(check, "inode 0 is marked free");
    if (!bit_at(check, check->super.inode_bitmap, DISK_ROOT) ||
        inode_at(check, DISK_ROOT)->kind != DISK_DIRECTORY)
        wrong(check, "there is no root directory");
    for (uint32_t i = 1; i < check->super.inode_count; i++) check_inode(check, i);
    for (uint32_t i = 1; i < check->super.inode_count; i++) check_links(check, i);
    check_blocks(check);
}

enum image_state image_check(uint8_t *image, uint64_t blocks, image_report *report, void *context,
                             uint32_t *records) {
    struct check check = {.image = image, .report = report, .context = context};
    *records = 0;
    const char *why = "it is too short";
    if (blocks > 0) {
        check.super = *(struct disk_super *)(void *)image;
        why = disk_super_check(&check.super, blocks);
    }
    if (why) {
        report(context, why);
        return IMAGE_UNREADABLE;
    }
    check.owners = calloc(check.super.block_count, sizeof(uint32_t));
    check.names = calloc(check.super.inode_count, sizeof(uint32_t));
    check.parents = calloc(check.super.inode_count, sizeof(uint32_t));
    check.orphans = calloc(check.super.inode_count, 1);
    *records = replay(&check);
    check_all(&check);
    free(check.owners);
    free(check.names);
    free(check.parents);
    free(check.orphans);
    return check.errors > 0 ? IMAGE_DAMAGED : IMAGE_CLEAN;
}
