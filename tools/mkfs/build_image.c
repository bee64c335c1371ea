// SPDX-License-Identifier: MIT
// Makes a file system in memory. Files are gathered in a tree first; then blocks are given out in
// order, without gaps, so that equal input gives equal images.

#include "build_image.h"

#include <stdlib.h>
#include <string.h>

struct item {
    struct item *next; // in the same directory
    struct item *children, **end;
    char *name;
    const void *contents; // NULL for directories
    uint64_t size;        // in bytes, or of a directory in names
    uint32_t number;
};

bool image_build_choose_sizes(uint64_t blocks, uint32_t *inodes, uint32_t *log_blocks) {
    uint64_t log = blocks / 64;
    if (log < DISK_LOG_BLOCKS_MIN) log = DISK_LOG_BLOCKS_MIN;
    if (log > 1024) log = 1024;
    *log_blocks = (uint32_t)log;
    *inodes = blocks < 1 << 20 ? (uint32_t)blocks : 1 << 20;
    // The kernel keeps the addresses of all blocks of the bitmap in one page.
    return blocks >= 2 * DISK_LOG_BLOCKS_MIN && blocks <= UINT64_C(512) * DISK_BITS_PER_BLOCK;
}

static struct item *item_make(const char *name, size_t length, const void *contents,
                              uint64_t size) {
    struct item *item = calloc(1, sizeof(*item));
    item->name = strndup(name, length);
    item->contents = contents;
    item->size = size;
    item->end = &item->children;
    return item;
}

void image_build_begin(struct image_builder *builder, uint8_t *image, uint32_t blocks,
                       uint32_t inodes, uint32_t log_blocks) {
    *builder = (struct image_builder){.image = image, .next_inode = DISK_ROOT};
    disk_super_fill(&builder->super, blocks, inodes, log_blocks);
    builder->next_block = builder->super.data;
    builder->root = item_make("", 0, NULL, 0);
}

// ---- The tree ----------------------------------------------------------------------------------

static struct item *find_child(struct item *directory, const char *name, size_t length) {
    for (struct item *child = directory->children; child; child = child->next)
        if (strlen(child->name) == length && memcmp(child->name, name, length) == 0) return child;
    return NULL;
}

static struct item *add_child(struct item *directory, const char *name, size_t length,
                              const void *contents, uint64_t size) {
    struct item *child = item_make(name, length, contents, size);
    *directory->end = child;
    directory->end = &child->next;
    directory->size++;
    return child;
}

const char *image_build_add(struct image_builder *builder, const char *path, const void *contents,
                            uint64_t size) {
    struct item *at = builder->root;
    for (path += strspn(path, "/"); *path;) {
        size_t length = strcspn(path, "/");
        const char *next = path + length + strspn(path + length, "/");
        struct item *child = find_child(at, path, length);
        if (length > DISK_NAME_MAX) return "a name is too long";
        if ((length == 1 && path[0] == '.') || (length == 2 && !memcmp(path, "..", 2)))
            return "a path has . or .. in it";
        if (child && (child->contents || (contents && !*next))) return "it is there already";
        if (!child && *next) child = add_child(at, path, length, NULL, 0);
        if (!child) child = add_child(at, path, length, contents, size);
        at = child;
        path = next;
    }
    return NULL;
}

// ---- Blocks ------------------------------------------------------------------------------------

static void *block_at(const struct image_builder *builder, uint32_t block) {
    return builder->image + (size_t)block * DISK_BLOCK_SIZE;
}

// The next block, or 0 when the disk is full.
static uint32_t take_block(struct image_builder *builder, struct disk_inode *inode) {
    if (builder->next_block >= builder->super.block_count) return 0;
    inode->block_count++;
    return builder->next_block++;
}

// The place of an entry of an indirect block, which is made if it is missing; NULL when full.
static uint32_t *entry_of(struct image_builder *builder, struct disk_inode *inode, uint32_t *slot,
                          uint32_t entry) {
    if (!*slot && !(*slot = take_block(builder, inode))) return NULL;
    return (uint32_t *)block_at(builder, *slot) + entry;
}

// A new block as the one with this index; NULL when full.
static void *add_block(struct image_builder *builder, struct disk_inode *inode, uint32_t index) {
    uint32_t *slot = NULL;
    if (index < DISK_DIRECT) {
        slot = &inode->direct[index];
    } else if (index < DISK_DIRECT + DISK_INDIRECT_ENTRIES) {
        slot = entry_of(builder, inode, &inode->indirect, index - DISK_DIRECT);
    } else {
        uint32_t rest = index - DISK_DIRECT - DISK_INDIRECT_ENTRIES;
        slot = entry_of(builder, inode, &inode->double_indirect, rest / DISK_INDIRECT_ENTRIES);
        if (slot) slot = entry_of(builder, inode, slot, rest % DISK_INDIRECT_ENTRIES);
    }
    if (!slot || !(*slot = take_block(builder, inode))) return NULL;
    return block_at(builder, *slot);
}

// ---- Directories -------------------------------------------------------------------------------

static uint32_t hash_of(const struct item *item) {
    return disk_name_hash(item->name, strlen(item->name));
}

static bool is_below(const struct item *item, uint32_t depth, uint32_t prefix) {
    return (uint64_t)hash_of(item) >> (32 - depth) == prefix;
}

static void add_entry(struct disk_leaf *leaf, const struct item *item) {
    struct disk_entry *entry = (struct disk_entry *)(void *)((uint8_t *)leaf + leaf->used);
    size_t length = strlen(item->name);
    uint32_t at = sizeof(*leaf);
    entry->inode = item->number;
    entry->hash = hash_of(item);
    entry->length = (uint8_t)length;
    entry->kind = item->contents ? DISK_REGULAR : DISK_DIRECTORY;
    memcpy(entry->name, item->name, length);
    while (at < leaf->used) {
        const struct disk_entry *other = (struct disk_entry *)(void *)((uint8_t *)leaf + at);
        if (other->hash == entry->hash) entry->tie++;
        at += disk_entry_size(other->length);
    }
    leaf->used += disk_entry_size(length);
    leaf->count++;
}

// The leaf for all names below a prefix or, if that is too small, the two parts of it.
static const char *write_leaves(struct image_builder *builder, const struct item *directory,
                                struct disk_inode *inode, uint32_t depth, uint32_t prefix) {
    uint64_t used = sizeof(struct disk_leaf);
    for (const struct item *item = directory->children; item; item = item->next)
        if (is_below(item, depth, prefix)) used += disk_entry_size(strlen(item->name));
    if (used > DISK_BLOCK_SIZE) {
        if (depth == DISK_DEPTH_MAX) return "a directory is too large";
        const char *wrong = write_leaves(builder, directory, inode, depth + 1, prefix * 2);
        return wrong ? wrong : write_leaves(builder, directory, inode, depth + 1, prefix * 2 + 1);
    }
    struct disk_leaf *leaf = add_block(builder, inode, (1u << depth) - 1 + prefix);
    if (!leaf) return "it does not fit on the disk";
    *leaf = (struct disk_leaf){
        .magic = DISK_LEAF_MAGIC, .directory = directory->number, .used = sizeof(*leaf)};
    for (const struct item *item = directory->children; item; item = item->next)
        if (is_below(item, depth, prefix)) add_entry(leaf, item);
    return NULL;
}

// ---- Writing -----------------------------------------------------------------------------------

static bool number_items(struct image_builder *builder, struct item *item) {
    if (builder->next_inode >= builder->super.inode_count) return false;
    item->number = builder->next_inode++;
    for (struct item *child = item->children; child; child = child->next)
        if (!number_items(builder, child)) return false;
    return true;
}

static const char *write_contents(struct image_builder *builder, const struct item *item,
                                  struct disk_inode *inode) {
    for (uint64_t at = 0; at < item->size; at += DISK_BLOCK_SIZE) {
        uint64_t rest = item->size - at;
        void *block = add_block(builder, inode, (uint32_t)(at / DISK_BLOCK_SIZE));
        if (!block) return "it does not fit on the disk";
        memcpy(block, (const uint8_t *)item->contents + at,
               rest < DISK_BLOCK_SIZE ? rest : DISK_BLOCK_SIZE);
    }
    return NULL;
}

static const char *write_item(struct image_builder *builder, const struct item *item,
                              uint32_t parent) {
    struct disk_inode *inode = block_at(builder, builder->super.inode_table);
    const char *wrong = NULL;
    inode += item->number;
    inode->kind = item->contents ? DISK_REGULAR : DISK_DIRECTORY;
    inode->links = 1;
    inode->size = item->size;
    if (item->contents) {
        if (item->size > DISK_FILE_MAX) return "a file is too large";
        wrong = write_contents(builder, item, inode);
    } else {
        inode->parent = parent;
        if (item->children) wrong = write_leaves(builder, item, inode, 0, 0);
    }
    inode->checksum = disk_inode_checksum(item->number, inode);
    for (struct item *child = item->children; child && !wrong; child = child->next)
        wrong = write_item(builder, child, item->number);
    return wrong;
}

static void set_bits(struct image_builder *builder, uint32_t bitmap, uint32_t count) {
    uint8_t *bytes = block_at(builder, bitmap);
    for (uint32_t i = 0; i < count; i++) bytes[i / 8] |= (uint8_t)(1 << i % 8);
}

static void write_super(struct image_builder *builder) {
    struct disk_log_header *header = block_at(builder, DISK_LOG_HEADER);
    struct disk_orphans *orphans = block_at(builder, DISK_ORPHAN_BLOCK);
    *(struct disk_super *)block_at(builder, DISK_SUPER_BLOCK) = builder->super;
    orphans->magic = DISK_ORPHAN_MAGIC;
    *header = (struct disk_log_header){.magic = DISK_LOG_MAGIC, .sequence = 1};
    header->checksum = disk_checksum(0, header, offsetof(struct disk_log_header, checksum));
    set_bits(builder, builder->super.block_bitmap, builder->next_block);
    set_bits(builder, builder->super.inode_bitmap, builder->next_inode); // 0 is set as well
}

static void free_items(struct item *item) {
    while (item) {
        struct item *next = item->next;
        free_items(item->children);
        free(item->name);
        free(item);
        item = next;
    }
}

const char *image_build_end(struct image_builder *builder) {
    const char *wrong = "there are more files than inodes";
    if (builder->super.data >= builder->super.block_count)
        wrong = "the disk is too small";
    else if (number_items(builder, builder->root))
        wrong = write_item(builder, builder->root, DISK_ROOT);
    if (!wrong) write_super(builder);
    free_items(builder->root);
    return wrong;
}
