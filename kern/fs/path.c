// SPDX-License-Identifier: MIT
// Paths: walking them, and the calls that add and remove names. Each directory on the way is locked
// for its own look-up only; a change happens under the lock of the directory that it changes.

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/string.h"

// Finds the first name in *path and moves *path behind it. False if there is none.
static bool path_next_name(const char **path, const char **name, size_t *length) {
    const char *start = *path;
    while (*start == '/') start++;
    const char *end = start;
    while (*end && *end != '/') end++;
    *path = end;
    *name = start;
    *length = (size_t)(end - start);
    return end > start;
}

static bool name_is_dot(const char *name, size_t length) { return length == 1 && name[0] == '.'; }

// Names that no directory can make or remove: they are there by themselves.
static bool name_is_special(const char *name, size_t length) {
    return length == 0 || name_is_dot(name, length) ||
           (length == 2 && name[0] == '.' && name[1] == '.');
}

static int path_check_step(const struct inode *inode, size_t length) {
    if (inode->kind != FILE_KIND_DIRECTORY) return -ENOTDIR;
    return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

// Replaces the reference *at by one to the inode that `name` means there. On failure *at stays.
static int path_step(struct inode **at, const char *name, size_t length) {
    struct inode *directory = *at;
    int error = path_check_step(directory, length);
    if (error || name_is_dot(name, length)) return error;
    sleep_lock_acquire(&directory->lock);
    error = directory->operations->lookup(directory, name, length, at);
    sleep_lock_release(&directory->lock);
    if (error)
        *at = directory;
    else
        inode_put(directory);
    return error;
}

int path_lookup(const char *path, struct inode **found) {
    if (!*path) return -ENOENT;
    const char *name;
    size_t length;
    struct inode *at = inode_root();
    inode_get(at);
    int error = 0;
    while (!error && path_next_name(&path, &name, &length)) error = path_step(&at, name, length);
    if (!error && path[-1] == '/' && at->kind != FILE_KIND_DIRECTORY) error = -ENOTDIR;
    if (error)
        inode_put(at);
    else
        *found = at;
    return error;
}

int path_lookup_parent(const char *path, struct inode **directory, const char **name,
                       size_t *length) {
    if (!*path) return -ENOENT;
    struct inode *at = inode_root();
    inode_get(at);
    int error = 0;
    const char *next;
    size_t next_length;
    path_next_name(&path, name, length);
    while (!error && path_next_name(&path, &next, &next_length)) {
        error = path_step(&at, *name, *length);
        *name = next;
        *length = next_length;
    }
    if (!error) error = path_check_step(at, *length);
    if (error)
        inode_put(at);
    else
        *directory = at;
    return error;
}

// Makes an entry in a locked directory that may have been removed since it was found.
static int directory_create_locked(struct inode *directory, const char *name, size_t length,
                                   enum file_kind kind, struct inode **made) {
    if (directory->links == 0) return -ENOENT;
    return directory->operations->create(directory, name, length, kind, made);
}

// The regular file or whatever else has this name, which is made if it is missing.
static int directory_find_or_create(struct inode *directory, const char *name, size_t length,
                                    struct inode **found, bool *made) {
    sleep_lock_acquire(&directory->lock);
    int error = directory->operations->lookup(directory, name, length, found);
    *made = error == -ENOENT;
    if (error == -ENOENT) {
        error = -EISDIR;
        if (name[length] != '/')
            error = directory_create_locked(directory, name, length, FILE_KIND_REGULAR, found);
    }
    sleep_lock_release(&directory->lock);
    return error;
}

static int path_find_or_create(const char *path, uint32_t flags, struct inode **found) {
    struct inode *directory;
    const char *name;
    size_t length;
    int error = path_lookup_parent(path, &directory, &name, &length);
    if (error) return error;
    bool made = false;
    if (name_is_special(name, length))
        error = path_lookup(path, found);
    else
        error = directory_find_or_create(directory, name, length, found, &made);
    inode_put(directory);
    if (error || made) return error;
    if (flags & O_EXCL)
        error = -EEXIST;
    else if (name[length] == '/' && (*found)->kind != FILE_KIND_DIRECTORY)
        error = -ENOTDIR;
    if (error) inode_put(*found);
    return error;
}

static int open_flags_check(uint32_t flags) {
    uint32_t mode = flags & O_ACCMODE;
    bool creates_directory = (flags & O_CREAT) && (flags & O_DIRECTORY);
    bool truncates_unwritten = (flags & O_TRUNC) && mode == O_RDONLY;
    if ((flags & ~(uint32_t)O_ALL) || mode == O_ACCMODE || creates_directory || truncates_unwritten)
        return -EINVAL;
    return 0;
}

int file_open(const char *path, uint32_t flags, struct file **opened) {
    int error = open_flags_check(flags);
    if (error) return error;
    // Before anything else, so that a file is not made and then not opened.
    struct file *file = inode_file_create(path, flags);
    if (!file) return -ENOMEM;
    struct inode *inode;
    error = flags & O_CREAT ? path_find_or_create(path, flags, &inode) : path_lookup(path, &inode);
    if (!error) error = inode_file_attach(file, inode);
    if (error)
        object_put(&file->object);
    else
        *opened = file;
    return error;
}

int path_make_directory(const char *path) {
    struct inode *directory;
    const char *name;
    size_t length;
    int error = path_lookup_parent(path, &directory, &name, &length);
    if (error) return error;
    struct inode *made = NULL;
    sleep_lock_acquire(&directory->lock);
    if (name_is_special(name, length))
        error = -EEXIST;
    else
        error = directory_create_locked(directory, name, length, FILE_KIND_DIRECTORY, &made);
    sleep_lock_release(&directory->lock);
    if (made) inode_put(made);
    inode_put(directory);
    return error;
}

// Removes a name; *removed is then what it named, whose reference the caller puts without the lock.
static int directory_unlink_locked(struct inode *directory, const char *name, size_t length,
                                   struct inode **removed) {
    if (name_is_special(name, length)) return length == 0 ? -EBUSY : -EINVAL;
    int error = directory->operations->lookup(directory, name, length, removed);
    if (error) return error;
    if (name[length] == '/' && (*removed)->kind != FILE_KIND_DIRECTORY) return -ENOTDIR;
    return directory->operations->unlink(directory, name, length);
}

int path_unlink(const char *path) {
    struct inode *directory;
    const char *name;
    size_t length;
    int error = path_lookup_parent(path, &directory, &name, &length);
    if (error) return error;
    struct inode *removed = NULL;
    sleep_lock_acquire(&directory->lock);
    error = directory_unlink_locked(directory, name, length, &removed);
    sleep_lock_release(&directory->lock);
    if (removed) inode_put(removed);
    inode_put(directory);
    return error;
}
