// SPDX-License-Identifier: MIT
// Names of inodes: finding, making, removing and moving them. Each change first gets all it needs,
// as part of one operation, and then cannot fail. The directories are locked by the caller; inodes
// whose links or parent change are locked here, before the operation.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/string.h"

#define NAME_BLOCKS 12 // that a change of names changes

static bool is_directory(const struct disk_node *node) {
    return node->inode.kind == FILE_KIND_DIRECTORY;
}

// ---- Looking up --------------------------------------------------------------------------------

static int lookup_parent(struct disk_node *directory, struct inode **found) {
    if (directory->inode.links == 0) return -ENOENT;
    int error = disk_node_get(directory->disk, directory->raw.parent, found);
    if (error || (*found)->kind == FILE_KIND_DIRECTORY) return error;
    inode_put(*found);
    return disk_report(directory->disk, "a parent that is no directory, of inode",
                       directory->inode.number);
}

// A directory's entry is good if the directory agrees who its parent is. So whatever is on the
// disk, what can be reached from the root is a tree.
static bool entry_agrees(const struct disk_node *directory, struct inode *inode, uint8_t kind) {
    const struct disk_node *node = disk_node_of(inode);
    if (inode->kind != kind || inode->number == DISK_ROOT) return false;
    return !is_directory(node) ||
           __atomic_load_n(&node->raw.parent, __ATOMIC_RELAXED) == directory->inode.number;
}

int disk_lookup(struct inode *inode, const char *name, size_t length, struct inode **found) {
    struct disk_node *directory = disk_node_of(inode);
    struct disk_place place;
    if (length == 2 && name[0] == '.' && name[1] == '.') return lookup_parent(directory, found);
    int error = disk_directory_find(directory, name, length, &place);
    if (error) return error;
    uint32_t number = place.entry->inode;
    uint8_t kind = place.entry->kind;
    buffer_put(place.leaf);
    error = disk_node_get(directory->disk, number, found);
    if (error || entry_agrees(directory, *found, kind)) return error;
    inode_put(*found);
    return disk_report(directory->disk, "a name that does not fit its inode", number);
}

// ---- What a change needs -----------------------------------------------------------------------

// The inodes that an operation stores, each with its block of the inode table.
struct change {
    struct disk *disk;
    struct disk_node *nodes[4];
    struct buffer *tables[4];
    uint32_t count;
    uint32_t number; // of a new inode, which is given back when something fails
    struct disk_node *made;
    int error;
};

// Gives up a new inode, which nobody else has seen.
static void discard(struct disk_node *node) {
    disk_node_forget(node);
    inode_put(&node->inode);
}

static void change_begin(struct change *change, struct disk *disk) {
    *change = (struct change){.disk = disk};
    change->error = disk_begin(disk, NAME_BLOCKS);
}

// Adds an inode, if nothing has failed so far.
static void change_add(struct change *change, struct disk_node *node) {
    for (uint32_t i = 0; i < change->count; i++)
        if (change->nodes[i] == node) return;
    if (!change->error) change->error = disk_node_prepare(node, &change->tables[change->count]);
    if (!change->error) change->nodes[change->count++] = node;
}

// Stores the inodes, changed or not, and ends the operation, unless it has not even begun.
static int change_end(struct change *change) {
    for (uint32_t i = 0; i < change->count; i++)
        disk_node_store(change->nodes[i], change->tables[i]);
    // In this order, so that nobody meets two inodes of one number.
    if (change->error && change->made) discard(change->made);
    if (change->error && change->number) disk_inode_return(change->disk, change->number);
    if (change->error != -EROFS) disk_end(change->disk, NAME_BLOCKS);
    return change->error;
}

static int check_absent(struct disk_node *directory, const char *name, size_t length) {
    struct disk_place place;
    int error = disk_directory_find(directory, name, length, &place);
    if (error) return error == -ENOENT ? 0 : error;
    buffer_put(place.leaf);
    return -EEXIST;
}

// A name that is about to go takes the file with it if it is the last.
static void prepare_removal(struct change *change, struct disk_node *node) {
    change_add(change, node);
    if (!change->error && node->inode.links == 0)
        change->error = disk_report(change->disk, "a name too many of inode", node->inode.number);
    if (!change->error && node->inode.links == 1) change->error = disk_orphan_add(node);
}

static void undo_removal(const struct change *change, struct disk_node *node) {
    if (change->error && change->error != -EROFS && node->inode.links > 0 && !node->is_being_cut)
        disk_orphan_remove(node);
}

// ---- Making ------------------------------------------------------------------------------------

// Gives a node, whose table block the change has, its name.
static void add_name(struct change *change, struct disk_node *directory, const char *name,
                     size_t length, struct disk_node *node) {
    struct buffer *leaf;
    if (change->error) return;
    change->error = disk_directory_leaf(directory, name, length, &leaf);
    if (change->error) return;
    disk_directory_add(directory, leaf, name, length, node);
    buffer_put(leaf);
    node->inode.links++;
    disk_node_touch(directory);
}

int disk_create(struct inode *inode, const char *name, size_t length, enum file_kind kind,
                struct inode **made) {
    struct disk_node *directory = disk_node_of(inode), *node = NULL;
    struct disk *disk = directory->disk;
    struct change change;
    int error = check_absent(directory, name, length);
    if (!error) error = disk_directory_make_room(directory, name, length);
    if (error) return error;
    change_begin(&change, disk);
    if (!change.error) change.error = disk_inode_allocate(disk, &change.number);
    if (!change.error) node = disk_node_create(disk, change.number, kind);
    if (!change.error && !node) change.error = -ENOMEM;
    change.made = node;
    change_add(&change, directory);
    if (node) change_add(&change, node);
    if (node) add_name(&change, directory, name, length, node);
    if (change.error && node) node->raw.kind = 0; // all zeros: it is stored as free
    if (!change.error) {
        if (is_directory(node)) node->raw.parent = (uint32_t)inode->number;
        disk_node_touch(node);
        *made = &node->inode;
    }
    return change_end(&change);
}

int disk_link(struct inode *inode, const char *name, size_t length, struct inode *target) {
    struct disk_node *directory = disk_node_of(inode), *node = disk_node_of(target);
    struct change change;
    int error = check_absent(directory, name, length);
    if (!error) error = disk_directory_make_room(directory, name, length);
    if (error) return error;
    sleep_lock_acquire(&target->lock);
    if (target->links == 0) error = -ENOENT;
    if (target->links >= DISK_LINKS_MAX) error = -EMLINK;
    if (!error) {
        change_begin(&change, directory->disk);
        change_add(&change, directory);
        change_add(&change, node);
        add_name(&change, directory, name, length, node);
        error = change_end(&change);
    }
    sleep_lock_release(&target->lock);
    return error;
}

// ---- Removing ----------------------------------------------------------------------------------

// What has lost its last name cannot be found any more.
static void forget_if_nameless(struct disk_node *node) {
    if (node->inode.links == 0) disk_node_forget(node);
}

static int remove_name(struct disk_node *directory, const char *name, size_t length,
                       struct disk_node *node) {
    struct change change;
    struct disk_place place;
    change_begin(&change, directory->disk);
    change_add(&change, directory);
    prepare_removal(&change, node);
    if (!change.error) change.error = disk_directory_find(directory, name, length, &place);
    if (!change.error) {
        disk_directory_remove(directory, &place);
        buffer_put(place.leaf);
        node->inode.links--;
        disk_node_touch(directory);
    }
    undo_removal(&change, node);
    return change_end(&change);
}

int disk_unlink(struct inode *inode, const char *name, size_t length) {
    struct disk_node *directory = disk_node_of(inode);
    struct inode *target;
    int error = disk_lookup(inode, name, length, &target);
    if (error) return error;
    struct disk_node *node = disk_node_of(target);
    sleep_lock_acquire(&target->lock);
    if (is_directory(node) && target->size > 0)
        error = -ENOTEMPTY;
    else
        error = remove_name(directory, name, length, node);
    if (!error) forget_if_nameless(node);
    sleep_lock_release(&target->lock);
    inode_put(target);
    return error;
}

// ---- Moving ------------------------------------------------------------------------------------

struct move {
    struct disk_node *from, *to; // directories
    const char *name, *new_name;
    size_t length, new_length;
    struct disk_node *moved, *replaced; // the latter may be NULL
};

// What POSIX demands of what is replaced. A directory on the way to another is not empty, so it is
// not waited for with that other one locked.
static int check_replaced(const struct move *move) {
    const struct disk_node *replaced = move->replaced;
    if (!replaced) return 0;
    if (!is_directory(replaced)) return is_directory(move->moved) ? -ENOTDIR : 0;
    if (!is_directory(move->moved)) return -EISDIR;
    return replaced == move->from || __atomic_load_n(&replaced->inode.size, __ATOMIC_RELAXED) > 0
               ? -ENOTEMPTY
               : 0;
}

// Puts the moved inode where the replaced one was, or under the new name.
static void move_in(struct change *change, const struct move *move) {
    struct disk_place place;
    if (!move->replaced) {
        add_name(change, move->to, move->new_name, move->new_length, move->moved);
        if (!change->error) move->moved->inode.links--; // the old name's
        return;
    }
    change->error = disk_directory_find(move->to, move->new_name, move->new_length, &place);
    if (change->error) return;
    buffer_mark_changed(place.leaf);
    place.entry->inode = (uint32_t)move->moved->inode.number;
    buffer_put(place.leaf);
    move->replaced->inode.links--;
    disk_node_touch(move->to);
}

static int move_name(const struct move *move) {
    struct change change;
    struct disk_place place;
    change_begin(&change, move->from->disk);
    change_add(&change, move->from);
    change_add(&change, move->to);
    if (is_directory(move->moved)) change_add(&change, move->moved);
    if (move->replaced) prepare_removal(&change, move->replaced);
    if (!change.error)
        change.error = disk_directory_find(move->from, move->name, move->length, &place);
    bool is_found = !change.error;
    if (is_found) move_in(&change, move);
    if (!change.error) {
        disk_directory_remove(move->from, &place);
        disk_node_touch(move->from);
        uint32_t parent = (uint32_t)move->to->inode.number;
        if (is_directory(move->moved))
            __atomic_store_n(&move->moved->raw.parent, parent, __ATOMIC_RELAXED);
    }
    if (is_found) buffer_put(place.leaf);
    if (move->replaced) undo_removal(&change, move->replaced);
    return change_end(&change);
}

static int move_locked(const struct move *move) {
    struct disk_node *replaced = move->replaced;
    bool locks_moved = is_directory(move->moved);
    int error = check_replaced(move);
    if (!error && !replaced)
        error = disk_directory_make_room(move->to, move->new_name, move->new_length);
    if (error) return error;
    if (locks_moved) sleep_lock_acquire(&move->moved->inode.lock);
    if (replaced) sleep_lock_acquire(&replaced->inode.lock);
    error = check_replaced(move);
    if (!error) error = move_name(move);
    if (replaced) {
        if (!error) forget_if_nameless(replaced);
        sleep_lock_release(&replaced->inode.lock);
    }
    if (locks_moved) sleep_lock_release(&move->moved->inode.lock);
    return error;
}

int disk_rename(struct inode *from, const char *name, size_t length, struct inode *to,
                const char *new_name, size_t new_length) {
    struct inode *moved, *replaced = NULL;
    int error = disk_lookup(from, name, length, &moved);
    if (error) return error;
    error = disk_lookup(to, new_name, new_length, &replaced);
    if (error == -ENOENT) error = 0;
    struct move move = {.from = disk_node_of(from),
                        .to = disk_node_of(to),
                        .name = name,
                        .new_name = new_name,
                        .length = length,
                        .new_length = new_length,
                        .moved = disk_node_of(moved),
                        .replaced = replaced ? disk_node_of(replaced) : NULL};
    if (!error && moved != replaced) error = move_locked(&move);
    if (replaced) inode_put(replaced);
    inode_put(moved);
    return error;
}
