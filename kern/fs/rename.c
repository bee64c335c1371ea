// SPDX-License-Identifier: MIT
// Moving names. The file system's rename lock, which is taken first, keeps directories where they
// are: they then only come, at the ends of the tree, and go, when they are empty. So whether one is
// above another, which decides in what order the two are locked, and whether a directory would move
// below itself, stays true until the move is done.

#include "abi/errno.h"
#include "fs/path_internal.h"

struct end {
    struct inode *directory; // with a reference
    const char *name;
    size_t length;
};

static int find_end(struct end *end, const char *path) {
    return path_lookup_parent(path, &end->directory, &end->name, &end->length);
}

static int end_lookup_locked(const struct end *end, struct inode **found) {
    return end->directory->operations->lookup(end->directory, end->name, end->length, found);
}

static int end_lookup(const struct end *end, struct inode **found) {
    sleep_lock_acquire(&end->directory->lock);
    int error = end_lookup_locked(end, found);
    sleep_lock_release(&end->directory->lock);
    return error;
}

// Whether a directory is another one or above it: 1 or 0, or an error. A removed one is below none.
static int is_above(const struct inode *above, struct inode *directory) {
    struct inode *at = directory, *root = directory->file_system->root;
    int error = 0;
    inode_get(at);
    while (at != above && at != root && !error) {
        struct end up = {at, "..", 2};
        struct inode *parent;
        error = end_lookup(&up, &parent);
        if (error) break;
        inode_put(at);
        at = parent;
    }
    bool found = at == above;
    inode_put(at);
    return error && error != -ENOENT ? error : found;
}

// Locks both directories, the upper one first; neither above the other: the lower address first.
static int lock_ends(const struct end *from, const struct end *to) {
    struct inode *first = from->directory, *second = to->directory;
    if (first != second) {
        int is_upper = is_above(first, second), is_lower = is_above(second, first);
        if (is_upper < 0 || is_lower < 0) return is_upper < 0 ? is_upper : is_lower;
        if (is_lower || (!is_upper && first > second)) {
            first = to->directory;
            second = from->directory;
        }
    }
    sleep_lock_acquire(&first->lock);
    if (first != second) sleep_lock_acquire(&second->lock);
    return 0;
}

static void unlock_ends(const struct end *from, const struct end *to) {
    sleep_lock_release(&from->directory->lock);
    if (from->directory != to->directory) sleep_lock_release(&to->directory->lock);
}

static bool names_directory(const struct end *end) { return end->name[end->length] == '/'; }

static int check_move(const struct end *from, const struct end *to, const struct inode *moved) {
    if (moved->kind != FILE_KIND_DIRECTORY)
        return names_directory(from) || names_directory(to) ? -ENOTDIR : 0;
    if (moved->mounted) return -EBUSY;
    int is_below_itself = is_above(moved, to->directory);
    return is_below_itself > 0 ? -EINVAL : is_below_itself;
}

// What has the new name must not be above what moves: then it is not empty, and to look, as a
// removal does, would be to lock it after what is below it.
static int check_target(const struct end *from, const struct end *to, const struct inode *moved) {
    struct inode *target;
    int error = end_lookup(to, &target);
    if (error) return error == -ENOENT ? 0 : error;
    int is_above_source =
        target->kind == FILE_KIND_DIRECTORY ? is_above(target, from->directory) : 0;
    inode_put(target);
    if (is_above_source <= 0) return is_above_source;
    return moved->kind == FILE_KIND_DIRECTORY ? -ENOTEMPTY : -EISDIR;
}

// *replaced is what has the new name, if anything has, whose reference the caller puts unlocked.
static int move_locked(const struct end *from, const struct end *to, struct inode **replaced) {
    int error = directory_check_changeable_locked(from->directory);
    if (!error) error = directory_check_changeable_locked(to->directory);
    if (!error) error = end_lookup_locked(to, replaced);
    if (error == -ENOENT && to->directory->links > 0) error = 0;
    if (!error && *replaced && (*replaced)->mounted) error = -EBUSY;
    if (error) return error;
    return from->directory->operations->rename(from->directory, from->name, from->length,
                                               to->directory, to->name, to->length);
}

// With the rename lock.
static int move(const struct end *from, const struct end *to) {
    struct inode *moved, *replaced = NULL;
    int error = end_lookup(from, &moved);
    if (error) return error;
    error = check_move(from, to, moved);
    if (!error) error = check_target(from, to, moved);
    if (!error) error = lock_ends(from, to);
    if (!error) {
        error = move_locked(from, to, &replaced);
        unlock_ends(from, to);
    }
    if (replaced) inode_put(replaced);
    inode_put(moved);
    return error;
}

static int check_ends(const struct end *from, const struct end *to) {
    if (from->length == 0 || to->length == 0) return -EBUSY; // the root
    if (name_is_special(from->name, from->length) || name_is_special(to->name, to->length))
        return -EINVAL;
    return from->directory->file_system == to->directory->file_system ? 0 : -EXDEV;
}

int path_rename(const char *old, const char *new) {
    struct end from, to;
    int error = find_end(&from, old);
    if (error) return error;
    error = find_end(&to, new);
    if (!error) {
        struct sleep_lock *lock = &from.directory->file_system->rename_lock;
        error = check_ends(&from, &to);
        if (!error) {
            sleep_lock_acquire(lock);
            error = move(&from, &to);
            sleep_lock_release(lock);
        }
        inode_put(to.directory);
    }
    inode_put(from.directory);
    return error;
}
