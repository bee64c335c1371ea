// SPDX-License-Identifier: MIT
// Inodes: their places in the inode table, and the cache of those in memory. The disk's lock guards
// the cache, whose every inode has one reference for being there, and the bytes of the table. An
// inode leaves the cache when it is long unused, and when it has lost its last name.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"

_Static_assert((int)DISK_REGULAR == (int)FILE_KIND_REGULAR &&
                   (int)DISK_DIRECTORY == (int)FILE_KIND_DIRECTORY,
               "kinds on disk are kinds of the VFS");

#define NODES_KEPT 256

static struct object_cache node_objects;

static void disk_release(struct inode *inode);
static int disk_sync(struct inode *inode);

static const struct inode_operations disk_operations = {
    .lookup = disk_lookup,
    .create = disk_create,
    .unlink = disk_unlink,
    .link = disk_link,
    .rename = disk_rename,
    .next_entry = disk_next_entry,
    .read = disk_read,
    .write = disk_write,
    .read_kernel = disk_read_kernel,
    .get_page = disk_get_page,
    .truncate = disk_truncate,
    .sync = disk_sync,
    .release = disk_release,
};

void disk_node_init(struct disk *disk) {
    if (!node_objects.name)
        object_cache_init(&node_objects, "disk inode", sizeof(struct disk_node));
    list_init(&disk->idle_order);
}

static int disk_sync(struct inode *inode) { return disk_commit(disk_node_of(inode)->disk); }

// ---- The cache ---------------------------------------------------------------------------------

static struct disk_node **bucket_of(struct disk *disk, uint64_t number) {
    return &disk->nodes[number % DISK_NODE_BUCKETS];
}

static struct disk_node *find_locked(struct disk *disk, uint32_t number) {
    struct disk_node *node = *bucket_of(disk, number);
    while (node && node->inode.number != number) node = node->next;
    return node;
}

static void insert_locked(struct disk_node *node) {
    struct disk *disk = node->disk;
    struct disk_node **bucket = bucket_of(disk, node->inode.number);
    node->next = *bucket;
    *bucket = node;
    list_push_back(&disk->idle_order, &node->order_node);
    disk->node_count++;
    node->in_cache = true;
    inode_get(&node->inode);
}

// The caller puts the cache's reference, without the lock.
static void remove_locked(struct disk_node *node) {
    struct disk_node **link = bucket_of(node->disk, node->inode.number);
    while (*link != node) link = &(*link)->next;
    *link = node->next;
    list_remove(&node->order_node);
    node->disk->node_count--;
    node->in_cache = false;
}

// With the lock nobody can come by a reference to an inode that only the cache has one to.
static struct disk_node *take_unused_locked(struct disk *disk) {
    list_for_each(list_node, &disk->idle_order) {
        struct disk_node *node = container_of(list_node, struct disk_node, order_node);
        if (__atomic_load_n(&node->inode.count, __ATOMIC_ACQUIRE) > 1) continue;
        remove_locked(node);
        return node;
    }
    return NULL;
}

static void shrink(struct disk *disk) {
    struct disk_node *node = NULL;
    spinlock_acquire(&disk->lock);
    if (disk->node_count > NODES_KEPT) node = take_unused_locked(disk);
    spinlock_release(&disk->lock);
    if (node) inode_put(&node->inode);
}

void disk_node_forget(struct disk_node *node) {
    spinlock_acquire(&node->disk->lock);
    bool was_in_cache = node->in_cache;
    if (was_in_cache) remove_locked(node);
    spinlock_release(&node->disk->lock);
    if (was_in_cache) inode_put(&node->inode);
}

void disk_nodes_forget_all(struct disk *disk) {
    struct disk_node *node;
    do {
        spinlock_acquire(&disk->lock);
        node = take_unused_locked(disk);
        spinlock_release(&disk->lock);
        if (node) inode_put(&node->inode);
    } while (node);
}

// ---- From and to the table ---------------------------------------------------------------------

static uint64_t table_block(const struct disk *disk, uint64_t number) {
    return disk->super.inode_table + number / DISK_INODES_PER_BLOCK;
}

static struct disk_inode *slot_of(struct buffer *table, uint64_t number) {
    return (struct disk_inode *)table->page + number % DISK_INODES_PER_BLOCK;
}

static struct disk_node *node_create(struct disk *disk, uint32_t number, enum file_kind kind) {
    struct disk_node *node = object_cache_alloc(&node_objects);
    if (!node) return NULL;
    inode_init(&node->inode, &disk_operations, number, kind);
    node->inode.file_system = &disk->file_system;
    node->disk = disk;
    list_init(&node->order_node);
    return node;
}

static bool raw_is_good(const struct disk_inode *raw, uint32_t number) {
    bool is_directory = raw->kind == FILE_KIND_DIRECTORY;
    return raw->checksum == disk_inode_checksum(number, raw) &&
           (is_directory || raw->kind == FILE_KIND_REGULAR) && raw->links <= DISK_LINKS_MAX &&
           raw->size <= (is_directory ? UINT32_MAX : DISK_FILE_MAX);
}

// Fills a new inode from the table, unless somebody else has put one into the cache meanwhile.
static struct disk_node *fill(struct disk_node *node, struct buffer *table, bool *is_good) {
    struct disk *disk = node->disk;
    uint32_t number = (uint32_t)node->inode.number;
    spinlock_acquire(&disk->lock);
    struct disk_node *found = find_locked(disk, number);
    *is_good = found;
    if (!found) {
        node->raw = *slot_of(table, number);
        *is_good = raw_is_good(&node->raw, number);
        found = node;
        node->inode.kind = node->raw.kind;
        node->inode.links = node->raw.links;
        node->inode.size = node->raw.size;
        if (*is_good) insert_locked(node);
    } else {
        inode_get(&found->inode);
    }
    spinlock_release(&disk->lock);
    return found;
}

static int node_load(struct disk *disk, uint32_t number, struct inode **found) {
    if (!disk_inode_is_used(disk, number))
        return disk_report(disk, "a name for an inode that is free", number);
    struct buffer *table;
    int error = buffer_get(&disk->cache, table_block(disk, number), &table);
    if (error) return error;
    struct disk_node *node = node_create(disk, number, FILE_KIND_REGULAR);
    if (!node) {
        buffer_put(table);
        return -ENOMEM;
    }
    bool is_good;
    struct disk_node *filled = fill(node, table, &is_good);
    buffer_put(table);
    if (filled != node || !is_good) object_cache_free(&node_objects, node);
    if (!is_good) return disk_report(disk, "an inode is damaged", number);
    *found = &filled->inode;
    shrink(disk);
    return 0;
}

int disk_node_get(struct disk *disk, uint32_t number, struct inode **found) {
    spinlock_acquire(&disk->lock);
    struct disk_node *node = find_locked(disk, number);
    if (node) {
        inode_get(&node->inode);
        list_remove(&node->order_node);
        list_push_back(&disk->idle_order, &node->order_node);
    }
    spinlock_release(&disk->lock);
    if (!node) return node_load(disk, number, found);
    *found = &node->inode;
    return 0;
}

struct disk_node *disk_node_create(struct disk *disk, uint32_t number, enum file_kind kind) {
    struct disk_node *node = node_create(disk, number, kind);
    if (!node) return NULL;
    node->raw.kind = (uint16_t)kind;
    spinlock_acquire(&disk->lock);
    insert_locked(node);
    spinlock_release(&disk->lock);
    return node;
}

int disk_node_prepare(struct disk_node *node, struct buffer **table) {
    struct disk *disk = node->disk;
    int error = buffer_get_writable(&disk->cache, table_block(disk, node->inode.number), table);
    if (!error) buffer_mark_changed(*table);
    return error;
}

void disk_node_store(struct disk_node *node, struct buffer *table) {
    struct disk *disk = node->disk;
    uint32_t number = (uint32_t)node->inode.number;
    node->raw.links = node->inode.links;
    node->raw.size = node->inode.size;
    if (node->raw.kind) node->raw.checksum = disk_inode_checksum(number, &node->raw);
    spinlock_acquire(&disk->lock);
    *slot_of(table, number) = node->raw;
    spinlock_release(&disk->lock);
    buffer_put(table);
}

void disk_node_touch(struct disk_node *node) { node->raw.modified = arch_wall_clock(); }

// ---- The end of a file -------------------------------------------------------------------------

static void become_free(struct disk_node *node) {
    node->raw = (struct disk_inode){0};
    node->inode.size = 0;
}

// One operation of those that cut a file: 1 if there is more to do.
static int cut_step(struct disk_node *node, uint32_t first) {
    struct disk *disk = node->disk;
    struct buffer *table;
    int error = disk_begin(disk, DISK_TRIM_BLOCKS);
    if (error) return error;
    int more = disk_node_prepare(node, &table);
    if (!more) {
        more = disk_map_trim(node, first);
        bool is_freed = more == 0 && node->is_released;
        if (more == 0 && (is_freed || node->inode.links > 0)) disk_orphan_remove(node);
        if (is_freed) become_free(node);
        disk_node_store(node, table);
        if (is_freed) disk_inode_return(disk, (uint32_t)node->inode.number);
    }
    disk_end(disk, DISK_TRIM_BLOCKS);
    return more;
}

int disk_node_cut(struct disk_node *node) {
    uint32_t first = disk_blocks_for(node->inode.size, DISK_BLOCK_SIZE);
    int more;
    if (node->is_released) first = 0;
    do more = cut_step(node, first);
    while (more > 0);
    if (!more) node->is_being_cut = false;
    return more;
}

// What cannot be freed now is still an orphan, and freed at the next mount.
static void disk_release(struct inode *inode) {
    struct disk_node *node = disk_node_of(inode);
    kassert(!node->in_cache);
    node->is_released = inode->links == 0 && node->orphan;
    if (node->is_released && !inode->file_system->is_read_only) disk_node_cut(node);
    object_cache_free(&node_objects, node);
}
