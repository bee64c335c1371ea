// SPDX-License-Identifier: MIT
// The VFS interface: what a file system gives to path lookup and open files. The in-memory file
// system and the disk file system both implement it. An inode's sleep lock guards its contents,
// which for a directory are its entries. Of two inodes' locks the directory's is taken before that
// of an entry in it, never the other way round.
//
// Lifetime: `count` counts the references that pointers in memory make: open files, walks on their
// way, and whatever a file system finds the inode again by (names in ramfs, the inode cache of a
// disk). `links` counts names. The last inode_put() calls release(), which frees the memory, and on
// a disk the file itself when no name is left. Nothing that could still find the inode may exist
// then, so that release() never races with a new reference.
#pragma once

#include "abi/stat.h"
#include "sched/sleep_lock.h"

struct inode;
struct device;

// Errors beside those named: -ENOMEM, -ENOSPC, -EIO. Offsets and sizes are in bytes. "locked": the
// caller holds the inode's sleep lock. Callers look at the kind first: the first four are for
// directories, the others up to truncate for regular files. -ENOSPC: no room for contents; -ENOMEM:
// no memory for anything else. A failing operation has changed nothing.
struct inode_operations {
    // The entry `name` (`length` bytes) of a directory, with a new reference; ".." is the parent,
    // the root's is the root, and a removed directory has none. -ENOENT. Locked.
    int (*lookup)(struct inode *directory, const char *name, size_t length, struct inode **found);
    // Makes an entry of a new empty file or directory, with a new reference. -EEXIST. Locked; the
    // directory has links, and the name is neither empty, nor "." or "..", nor longer than
    // NAME_MAX.
    int (*create)(struct inode *directory, const char *name, size_t length, enum file_kind kind,
                  struct inode **made);
    // Removes an entry. -ENOENT, -ENOTEMPTY, -EBUSY. Locked, and the caller has a reference to the
    // entry's inode.
    int (*unlink)(struct inode *directory, const char *name, size_t length);
    // The entry at or after *position, which is moved behind it. 0 at the end, 1 if there was one.
    // An entry keeps its position; "." and ".." are not reported. Locked.
    int (*next_entry)(struct inode *directory, uint64_t *position, struct directory_entry *entry);
    // Copies to user memory. Short at the end of the file. Locked.
    int64_t (*read)(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size);
    // Copies from user memory, growing the file. Short when the space ends; -EFBIG behind what a
    // file can hold. Locked.
    int64_t (*write)(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size);
    // Reads into kernel memory. Short at the end of the file. Locked.
    int64_t (*read_kernel)(struct inode *inode, uint64_t offset, void *buffer, size_t size);
    // The page with this index, with a new reference, to be mapped read-only or copied on write;
    // NULL if the file system cannot share it. Locked.
    void *(*get_page)(struct inode *inode, uint64_t index);
    // Sets the size; what is added reads as zeros. To 0 it needs no memory. -EFBIG. Locked.
    int (*truncate)(struct inode *inode, uint64_t size);
    // Another name for an inode of the same file system that is not a directory. -EEXIST, -EMLINK,
    // -ENOENT if it has lost its last name. The directory is locked, the inode is not.
    int (*link)(struct inode *directory, const char *name, size_t length, struct inode *inode);
    // Moves a name, at once, and replaces what has the new one: a file by a file, an empty
    // directory by a directory. -ENOENT, -ENOTEMPTY, -EISDIR, -ENOTDIR. Two names of one inode:
    // nothing. Both directories are locked, and so is rename_lock if there are two or a directory
    // moves; a directory does not move below itself.
    int (*rename)(struct inode *from, const char *name, size_t length, struct inode *to,
                  const char *new_name, size_t new_length);
    // Makes durable what has been done to the inode.
    int (*sync)(struct inode *inode);
    // Makes an entry of a device. -EEXIST. NULL: the file system holds none. Locked.
    int (*make_device)(struct inode *directory, const char *name, size_t length,
                       const struct device *device);
    // The last reference is gone and maybe the last name. No lock held.
    void (*release)(struct inode *inode);
};

// What is or can be mounted.
struct file_system {
    const char *type;
    uint32_t number;                              // told by stat; 0: not mounted. Written at boot
    struct inode *root;                           // with a reference
    bool is_read_only;                            // may become true at any time
    struct sleep_lock rename_lock;                // taken before the locks of inodes
    int (*sync)(struct file_system *file_system); // makes durable all that has been done
    // Fills in the numbers.
    void (*get_info)(struct file_system *file_system, struct file_system_info *info);
    struct inode *covers;     // the directory that it is mounted on; NULL: none. Written at boot
    struct file_system *next; // mounted before this one
};

struct inode {
    const struct inode_operations *operations;
    uint64_t number;
    enum file_kind kind;
    uint32_t links;                  // under the inode's lock
    uint64_t size;                   // the same
    uint32_t count;                  // atomic: references in memory
    struct file_system *file_system; // constant once the inode has a name
    struct file_system *mounted;     // on this directory, or NULL; written at boot
    struct sleep_lock lock;
    const struct device *device; // of FILE_KIND_DEVICE
};

// Fills a zeroed inode with one reference and no links.
void inode_init(struct inode *inode, const struct inode_operations *operations, uint64_t number,
                enum file_kind kind);
void inode_get(struct inode *inode);
void inode_put(struct inode *inode); // may sleep

// The root of the name space, and what is mounted on its directories: at boot only.
void inode_set_root(struct inode *root);
struct inode *inode_root(void); // no new reference

// Mounts a file system on a directory, whose reference is taken over: a walk that comes there goes
// on in the other's root, and ".." leads back.
void file_system_mount(struct file_system *file_system, struct inode *directory);

// Makes everything durable: 0, or the first error. May sleep.
int file_system_sync_all(void);

// ---- Paths -------------------------------------------------------------------------------------
//
// A walk begins at the root, or without a leading slash where the caller is; "/" separates, "." and
// ".." are ordinary here only in that "." stays and ".." goes up. A path that ends in a slash names
// a directory. Whatever changes something fails with -EROFS on a file system that is read-only.

// Who knows where the caller is: gives a new reference. Without it that is the root.
void path_set_start(struct inode *(*directory_of_caller)(void)); // at boot

// A new reference in *found. -ENOENT, -ENOTDIR, -ENAMETOOLONG.
int path_lookup(const char *path, struct inode **found);

// The same for a directory: -ENOTDIR if it is something else.
int path_lookup_directory(const char *path, struct inode **found);

// The directory that holds the path's last name, with a new reference, and that name. A slash may
// follow: then a directory is meant. The path "/" gives the root and an empty name; the name may
// also be "." or "..".
int path_lookup_parent(const char *path, struct inode **directory, const char **name,
                       size_t *length);

// open(): finds or makes the file. On success *file has one reference. -EINVAL for flags that are
// unknown or make no sense together: O_TRUNC without writing, O_CREAT with O_DIRECTORY. -EEXIST,
// -EISDIR, -ENOTDIR, -ENOMEM, and those of the walk.
struct file;
int file_open(const char *path, uint32_t flags, struct file **file);
int path_make_directory(const char *path);

// Makes a name for the device with this index. -ENODEV; -EPERM where there can be none.
int path_make_device(const char *path, uint64_t index);

// Removes a name, also of an empty directory. -EBUSY for a root or what is mounted on, -EINVAL for
// "." and "..".
int path_unlink(const char *path);

// Another name for a file. -EPERM for directories, -EXDEV, -EEXIST, -EMLINK.
int path_link(const char *old, const char *new);

// Moves a name, as rename() of inode operations. -EXDEV; -EINVAL for a directory below itself and
// for "." and ".."; -EBUSY as for path_unlink().
int path_rename(const char *old, const char *new);

// An open file on no inode yet, described by its path, or NULL.
struct file *inode_file_create(const char *path, uint32_t flags);

// Puts an inode behind it, whose reference is taken over in any case, and empties it if the flags
// say so. -EISDIR, -ENOTDIR, -EROFS, and those of truncate.
int inode_file_attach(struct file *file, struct inode *inode);
