// SPDX-License-Identifier: MIT
// Paths: walking them, and the calls that add and remove names. Each directory on the way is locked
// for its own look-up only; a change happens under the lock of the directory that it changes.
// rename.c has what changes two.

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/device.h"
#include "fs/file.h"
#include "fs/path_internal.h"
#include "lib/string.h"

static struct inode *(*start_of_caller)(void);

void path_set_start(struct inode *(*directory_of_caller)(void)) {
    start_of_caller = directory_of_caller;
}

// Where a walk begins, with a new reference.
static struct inode *path_start(const char *path) {
    if (*path != '/' && start_of_caller) return start_of_caller();
    struct inode *root = inode_root();
    inode_get(root);
    return root;
}

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

static bool name_is_parent(const char *name, size_t length) {
    return length == 2 && name[0] == '.' && name[1] == '.';
}

bool name_is_special(const char *name, size_t length) {
    return length == 0 || name_is_dot(name, length) || name_is_parent(name, length);
}

static int path_check_step(const struct inode *inode, size_t length) {
    if (inode->kind != FILE_KIND_DIRECTORY) return -ENOTDIR;
    return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

// Replaces the reference *at by one to another inode.
static void path_move(struct inode **at, struct inode *to) {
    inode_get(to);
    inode_put(*at);
    *at = to;
}

// Replaces the reference *at by one to the inode that `name` means there. On failure it leads to
// some directory.
static int path_step(struct inode **at, const char *name, size_t length) {
    int error = path_check_step(*at, length);
    if (error || name_is_dot(name, length)) return error;
    if (name_is_parent(name, length)) // out of what is mounted
        while (*at == (*at)->file_system->root && (*at)->file_system->covers)
            path_move(at, (*at)->file_system->covers);
    struct inode *directory = *at;
    sleep_lock_acquire(&directory->lock);
    error = directory->operations->lookup(directory, name, length, at);
    sleep_lock_release(&directory->lock);
    if (error) {
        *at = directory;
        return error;
    }
    inode_put(directory);
    while ((*at)->mounted) path_move(at, (*at)->mounted->root);
    return 0;
}

int path_lookup(const char *path, struct inode **found) {
    if (!*path) return -ENOENT;
    const char *name;
    size_t length;
    struct inode *at = path_start(path);
    int error = 0;
    while (!error && path_next_name(&path, &name, &length)) error = path_step(&at, name, length);
    if (!error && path[-1] == '/' && at->kind != FILE_KIND_DIRECTORY) error = -ENOTDIR;
    if (error)
        inode_put(at);
    else
        *found = at;
    return error;
}

int path_lookup_directory(const char *path, struct inode **found) {
    int error = path_lookup(path, found);
    if (error || (*found)->kind == FILE_KIND_DIRECTORY) return error;
    inode_put(*found);
    return -ENOTDIR;
}

int path_lookup_parent(const char *path, struct inode **directory, const char **name,
                       size_t *length) {
    if (!*path) return -ENOENT;
    struct inode *at = path_start(path);
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

int directory_check_changeable_locked(const struct inode *directory) {
    if (directory->links == 0) return -ENOENT; // removed since it was found
    return directory->file_system->is_read_only ? -EROFS : 0;
}

static int directory_create_locked(struct inode *directory, const char *name, size_t length,
                                   enum file_kind kind, struct inode **made) {
    int error = directory_check_changeable_locked(directory);
    if (error) return error;
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

// A name in a directory, as the last part of a path gives it, which is not there yet.
struct place {
    struct inode *directory; // locked, with a reference
    const char *name;
    size_t length;
};

static void place_end(struct place *place) {
    sleep_lock_release(&place->directory->lock);
    inode_put(place->directory);
}

// Leaves nothing locked when it fails. -EEXIST for names that are always there.
static int place_begin(struct place *place, const char *path) {
    int error = path_lookup_parent(path, &place->directory, &place->name, &place->length);
    if (error) return error;
    sleep_lock_acquire(&place->directory->lock);
    error = directory_check_changeable_locked(place->directory);
    if (name_is_special(place->name, place->length)) error = -EEXIST;
    if (error) place_end(place);
    return error;
}

int path_make_directory(const char *path) {
    struct place place;
    struct inode *made;
    int error = place_begin(&place, path);
    if (error) return error;
    error = place.directory->operations->create(place.directory, place.name, place.length,
                                                FILE_KIND_DIRECTORY, &made);
    place_end(&place);
    if (!error) inode_put(made);
    return error;
}

int path_make_device(const char *path, uint64_t index) {
    struct place place;
    const struct device *device = index < DEVICES_MAX ? device_at((uint32_t)index) : NULL;
    int error = device ? place_begin(&place, path) : -ENODEV;
    if (error) return error;
    error = -EPERM;
    if (place.directory->operations->make_device && place.name[place.length] != '/')
        error = place.directory->operations->make_device(place.directory, place.name, place.length,
                                                         device);
    place_end(&place);
    return error;
}

static int link_at(struct inode *inode, const struct place *place) {
    if (place->name[place->length] == '/') return -ENOENT;
    if (inode->file_system != place->directory->file_system) return -EXDEV;
    return place->directory->operations->link(place->directory, place->name, place->length, inode);
}

int path_link(const char *old, const char *new) {
    struct place place;
    struct inode *inode;
    int error = path_lookup(old, &inode);
    if (error) return error;
    error = inode->kind == FILE_KIND_DIRECTORY ? -EPERM : place_begin(&place, new);
    if (!error) {
        error = link_at(inode, &place);
        place_end(&place);
    }
    inode_put(inode);
    return error;
}

// Removes a name; *removed is then what it named, whose reference the caller puts without the lock.
static int directory_unlink_locked(struct inode *directory, const char *name, size_t length,
                                   struct inode **removed) {
    if (name_is_special(name, length)) return length == 0 ? -EBUSY : -EINVAL;
    int error = directory->operations->lookup(directory, name, length, removed);
    if (error) return error;
    if (name[length] == '/' && (*removed)->kind != FILE_KIND_DIRECTORY) return -ENOTDIR;
    if ((*removed)->mounted) return -EBUSY;
    if (directory->file_system->is_read_only) return -EROFS;
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
