// SPDX-License-Identifier: MIT
// Directories: a trie of leaves over the hashes of names; disk_format.h draws it. The directory's
// lock guards it. A full leaf is split in an operation of its own, so that adding a name later
// cannot fail. Leaves are never joined; they go with the directory.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/string.h"

#define SPLIT_BLOCKS 16 // that a split changes

static struct disk_leaf *leaf_of(struct buffer *buffer) { return buffer->page; }

static struct disk_entry *entry_at(struct disk_leaf *leaf, uint32_t at) {
    return (struct disk_entry *)(void *)((char *)leaf + at);
}

static int report_damage(struct disk_node *directory) {
    return disk_report(directory->disk, "a damaged directory, inode", directory->inode.number);
}

// The entry at *at, which is moved behind it. 0 at the end.
static int next_in_leaf(struct disk_node *directory, struct disk_leaf *leaf, uint32_t *at,
                        struct disk_entry **entry) {
    if (*at >= leaf->used) return 0;
    if (!disk_entry_is_good(leaf, *at)) return report_damage(directory);
    *entry = entry_at(leaf, *at);
    *at += disk_entry_size((*entry)->length);
    return 1;
}

// The leaf for a hash, and how deep it lies. -ENOENT: there is no leaf at all.
static int find_leaf(struct disk_node *directory, uint32_t hash, struct buffer **leaf,
                     uint32_t *depth) {
    uint32_t block = 0;
    int error = 0;
    for (*depth = 0; *depth <= DISK_DEPTH_MAX; ++*depth) {
        error = disk_map_find(directory, disk_leaf_index(*depth, hash), &block);
        if (error || block) break;
    }
    if (error || block == 0) return error ? error : -ENOENT;
    error = buffer_get(&directory->disk->cache, block, leaf);
    if (error || disk_leaf_is_good(leaf_of(*leaf), (uint32_t)directory->inode.number)) return error;
    buffer_put(*leaf);
    return report_damage(directory);
}

int disk_directory_find(struct disk_node *directory, const char *name, size_t length,
                        struct disk_place *place) {
    uint32_t hash = disk_name_hash(name, length), depth, at = sizeof(struct disk_leaf);
    int result = find_leaf(directory, hash, &place->leaf, &depth);
    if (result) return result;
    while ((result = next_in_leaf(directory, leaf_of(place->leaf), &at, &place->entry)) > 0)
        if (place->entry->hash == hash && place->entry->length == length &&
            memcmp(place->entry->name, name, length) == 0)
            return 0;
    buffer_put(place->leaf);
    return result < 0 ? result : -ENOENT;
}

// ---- Reading in order --------------------------------------------------------------------------

// Entries are read in the order of hash and tie, which is also their position.
static uint64_t position_of(const struct disk_entry *entry) {
    return (uint64_t)entry->hash << 16 | entry->tie;
}

// The first entry of a leaf at or after a position: 1 if there is one.
static int first_from(struct disk_node *directory, struct disk_leaf *leaf, uint64_t position,
                      struct disk_entry **first) {
    struct disk_entry *entry = NULL;
    uint32_t at = sizeof(*leaf);
    int result;
    *first = NULL;
    while ((result = next_in_leaf(directory, leaf, &at, &entry)) > 0)
        if (position_of(entry) >= position && (!*first || position_of(entry) < position_of(*first)))
            *first = entry;
    return result < 0 ? result : *first != NULL;
}

static void report_entry(const struct disk_entry *entry, struct directory_entry *reported) {
    *reported = (struct directory_entry){
        .inode = entry->inode, .kind = entry->kind, .length = entry->length};
    memcpy(reported->name, entry->name, entry->length);
}

int disk_next_entry(struct inode *inode, uint64_t *position, struct directory_entry *reported) {
    struct disk_node *directory = disk_node_of(inode);
    int result = 0;
    while (result == 0 && *position >> 16 <= UINT32_MAX) {
        struct buffer *leaf;
        struct disk_entry *entry;
        uint32_t depth, hash = (uint32_t)(*position >> 16);
        result = find_leaf(directory, hash, &leaf, &depth);
        if (result) return result == -ENOENT ? 0 : result;
        result = first_from(directory, leaf_of(leaf), *position, &entry);
        if (result > 0) {
            report_entry(entry, reported);
            *position = position_of(entry) + 1;
        } else { // the next leaf begins behind all hashes of this one
            uint64_t prefix = (uint64_t)hash >> (32 - depth);
            *position = (prefix + 1) << (32 - depth) << 16;
        }
        buffer_put(leaf);
    }
    return result;
}

// ---- Making room -------------------------------------------------------------------------------

static bool has_room(const struct disk_leaf *leaf, size_t length) {
    return leaf->used + disk_entry_size(length) <= DISK_BLOCK_SIZE;
}

static void init_leaf(struct disk_node *directory, struct buffer *buffer) {
    *leaf_of(buffer) = (struct disk_leaf){.magic = DISK_LEAF_MAGIC,
                                          .directory = (uint32_t)directory->inode.number,
                                          .used = sizeof(struct disk_leaf)};
    buffer_mark_changed(buffer);
}

// An empty leaf as the directory's block `index`.
static int make_leaf(struct disk_node *directory, uint32_t index, struct buffer **made) {
    struct disk *disk = directory->disk;
    uint32_t block;
    int error = disk_block_allocate(disk, directory->last_block + 1, &block);
    if (error) return error;
    error = buffer_get_empty(&disk->cache, block, made);
    if (!error && (error = disk_map_set(directory, index, block))) buffer_put(*made);
    if (error)
        disk_block_return(disk, block);
    else
        init_leaf(directory, *made);
    return error;
}

static void append(struct disk_leaf *leaf, const struct disk_entry *entry) {
    uint32_t size = disk_entry_size(entry->length);
    memmove((char *)leaf + leaf->used, entry, size);
    leaf->used += size;
    leaf->count++;
}

// Moves the entries whose hash has this bit to another leaf, and closes the gaps.
static void divide(struct disk_leaf *leaf, struct disk_leaf *other, uint32_t bit) {
    uint32_t end = leaf->used;
    leaf->used = sizeof(*leaf);
    leaf->count = 0;
    for (uint32_t at = sizeof(*leaf); at < end;) {
        const struct disk_entry *entry = entry_at(leaf, at);
        at += disk_entry_size(entry->length);
        append(entry->hash & bit ? other : leaf, entry);
    }
}

static int check_leaf(struct disk_node *directory, struct disk_leaf *leaf) {
    struct disk_entry *entry = NULL;
    uint32_t at = sizeof(*leaf);
    int result;
    while ((result = next_in_leaf(directory, leaf, &at, &entry)) > 0) continue;
    return result;
}

// Puts two leaves one level down in place of one. Its block becomes the left one of them. Until the
// last step that can fail, only numbers have changed that can be set back without a transfer.
static int split(struct disk_node *directory, struct buffer *leaf, uint32_t depth, uint32_t hash) {
    if (depth == DISK_DEPTH_MAX) return -ENOSPC; // too many names of nearly the same hash
    uint32_t index = disk_leaf_index(depth, hash);
    struct buffer *right;
    int error = check_leaf(directory, leaf_of(leaf));
    if (!error) error = disk_map_put(directory, index, leaf->block);
    if (!error) error = make_leaf(directory, 2 * index + 2, &right);
    if (error) return error;
    error = disk_map_put(directory, 2 * index + 1, leaf->block);
    if (error) {
        uint32_t block = right->block;
        disk_map_put(directory, 2 * index + 2, 0);
        directory->raw.block_count--;
        disk_block_return(directory->disk, block);
    } else {
        disk_map_put(directory, index, 0);
        buffer_mark_changed(leaf);
        divide(leaf_of(leaf), leaf_of(right), UINT32_C(1) << (31 - depth));
    }
    buffer_put(right);
    return error;
}

// One step: 0 when there is room, 1 when another is needed.
static int make_room(struct disk_node *directory, uint32_t hash, size_t length) {
    struct buffer *leaf;
    uint32_t depth;
    int error = find_leaf(directory, hash, &leaf, &depth);
    if (error == -ENOENT) {
        error = make_leaf(directory, 0, &leaf);
        if (!error) buffer_put(leaf);
        return error;
    }
    if (error) return error;
    int result = has_room(leaf_of(leaf), length) ? 0 : split(directory, leaf, depth, hash);
    if (result == 0) result = !has_room(leaf_of(leaf), length);
    buffer_put(leaf);
    return result < 0 ? result : 1;
}

static bool room_is_there(struct disk_node *directory, uint32_t hash, size_t length, int *error) {
    struct buffer *leaf;
    uint32_t depth;
    *error = find_leaf(directory, hash, &leaf, &depth);
    bool fits = *error == 0 && has_room(leaf_of(leaf), length);
    if (*error == 0) buffer_put(leaf);
    if (*error == -ENOENT) *error = 0;
    return fits;
}

int disk_directory_make_room(struct disk_node *directory, const char *name, size_t length) {
    struct disk *disk = directory->disk;
    uint32_t hash = disk_name_hash(name, length);
    int error = 0;
    while (!room_is_there(directory, hash, length, &error) && !error) {
        struct buffer *table;
        error = disk_begin(disk, SPLIT_BLOCKS);
        if (error) return error;
        error = disk_node_prepare(directory, &table);
        if (!error) {
            error = make_room(directory, hash, length);
            disk_node_store(directory, table);
        }
        disk_end(disk, SPLIT_BLOCKS);
        if (error < 0) return error;
    }
    return error;
}

// ---- Changing ----------------------------------------------------------------------------------

int disk_directory_leaf(struct disk_node *directory, const char *name, size_t length,
                        struct buffer **leaf) {
    uint32_t depth;
    int error = find_leaf(directory, disk_name_hash(name, length), leaf, &depth);
    if (!error && !(error = check_leaf(directory, leaf_of(*leaf)))) return 0;
    return error == -ENOENT ? report_damage(directory) : error;
}

// The lowest number that no entry of this hash has.
static uint16_t free_tie(struct disk_leaf *leaf, uint32_t hash) {
    uint16_t tie = 0;
    for (uint32_t at = sizeof(*leaf); at < leaf->used;) {
        const struct disk_entry *entry = entry_at(leaf, at);
        at += disk_entry_size(entry->length);
        if (entry->hash != hash || entry->tie != tie) continue;
        tie++;
        at = sizeof(*leaf);
    }
    return tie;
}

// Atomic, because a rename looks at the size of a directory that it has not locked yet.
static void count_names(struct disk_node *directory, int64_t more) {
    uint64_t size = directory->inode.size + (uint64_t)more;
    __atomic_store_n(&directory->inode.size, size, __ATOMIC_RELAXED);
}

void disk_directory_add(struct disk_node *directory, struct buffer *buffer, const char *name,
                        size_t length, const struct disk_node *node) {
    struct disk_leaf *leaf = leaf_of(buffer);
    uint32_t hash = disk_name_hash(name, length), size = disk_entry_size(length);
    uint16_t tie = free_tie(leaf, hash);
    struct disk_entry *entry = entry_at(leaf, leaf->used);
    buffer_mark_changed(buffer);
    memset(entry, 0, size);
    entry->inode = (uint32_t)node->inode.number;
    entry->hash = hash;
    entry->tie = tie;
    entry->length = (uint8_t)length;
    entry->kind = (uint8_t)node->inode.kind;
    memcpy(entry->name, name, length);
    leaf->used += size;
    leaf->count++;
    count_names(directory, 1);
}

void disk_directory_remove(struct disk_node *directory, const struct disk_place *place) {
    struct disk_leaf *leaf = leaf_of(place->leaf);
    uint32_t size = disk_entry_size(place->entry->length);
    char *behind = (char *)place->entry + size, *end = (char *)leaf + leaf->used;
    buffer_mark_changed(place->leaf);
    memmove(place->entry, behind, (size_t)(end - behind));
    leaf->used -= size;
    leaf->count--;
    count_names(directory, -1);
}
