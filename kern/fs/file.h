// SPDX-License-Identifier: MIT
// Open file descriptions: the objects that FILE capabilities name. A file is one of a few kinds,
// told apart by its operations. Where the kind has an offset, the lock of the inode guards it:
// every call that moves an offset needs that lock anyway.
#pragma once

#include "abi/fcntl.h"
#include "abi/stat.h"
#include "cap/cap_space.h"
#include "lib/list.h"

struct file;

// The handler has pinned the file and checked rights. `ref` is that pin: operations ask
// cap_ref_is_live() whenever they have acquired their lock, before they have any effect. Results
// are counts or -ERRNO. The size of a read or write is at most INT64_MAX, so that a count fits.
struct file_operations {
    // These seven may be NULL, which means -EINVAL, -EINVAL, -ESPIPE, -ENOTDIR, -ENOTTY, -EINVAL
    // and -EINVAL.
    int64_t (*read)(struct file *file, const struct cap_ref *ref, uint64_t buffer, size_t size);
    int64_t (*write)(struct file *file, const struct cap_ref *ref, uint64_t buffer, size_t size);
    int64_t (*seek)(struct file *file, const struct cap_ref *ref, int64_t offset, int whence);
    int64_t (*read_directory)(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                              size_t size);
    int64_t (*control)(struct file *file, const struct cap_ref *ref, int64_t request,
                       int64_t argument);
    int (*truncate)(struct file *file, const struct cap_ref *ref, uint64_t size);
    int (*sync)(struct file *file, const struct cap_ref *ref);
    // This too, see struct object_type.
    void (*settle)(struct file *file);
    // These are always there. release: the last reference is gone.
    int (*stat)(struct file *file, const struct cap_ref *ref, struct stat *stat);
    void (*release)(struct file *file);
    void (*describe)(const struct file *file, char *name, size_t size);
};

struct file {
    struct object object;
    const struct file_operations *operations;
    uint32_t flags; // O_APPEND and the access mode
    uint64_t offset;
    void *target;  // inode, pipe or device: the operations know
    char name[32]; // for people
};

void file_init(void);

// A new file with one reference, or NULL.
struct file *file_create(const struct file_operations *operations, uint32_t flags, void *target);

static inline struct file *file_of_object(struct object *object) {
    return container_of(object, struct file, object);
}

// The rights that a descriptor opened with these flags carries.
uint32_t file_rights_of_flags(uint32_t flags);
