// SPDX-License-Identifier: MIT
// Open files on inodes: regular files, directories and devices. The inode's lock guards the offsets
// of all files on it. Devices have no offset, and are called without a lock.

#include "abi/errno.h"
#include "fs/device.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/string.h"
#include "mem/uaccess.h"

static struct inode *inode_of_file(const struct file *file) { return file->target; }

// ---- Regular files -----------------------------------------------------------------------------

static int64_t regular_read(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                            size_t size) {
    struct inode *inode = inode_of_file(file);
    sleep_lock_acquire(&inode->lock);
    int64_t result = -EBADF;
    if (cap_ref_is_live(ref)) result = inode->operations->read(inode, file->offset, buffer, size);
    if (result > 0) file->offset += (uint64_t)result;
    sleep_lock_release(&inode->lock);
    return result;
}

// Looks whether all of a user buffer can be read, so that a write of a bad one writes nothing.
static int user_buffer_check_readable(uint64_t buffer, size_t size) {
    if (!user_range_is_valid(buffer, size)) return -EFAULT;
    for (uint64_t at = buffer, end = buffer + size; at < end;) {
        char byte;
        int error = copy_from_user(&byte, at, 1);
        if (error) return error;
        at = (at & ~(uint64_t)(PAGE_SIZE - 1)) + PAGE_SIZE;
    }
    return 0;
}

static int64_t regular_write(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                             size_t size) {
    if (size == 0) return 0;
    int64_t result = user_buffer_check_readable(buffer, size);
    if (result) return result;
    struct inode *inode = inode_of_file(file);
    sleep_lock_acquire(&inode->lock);
    result = -EBADF;
    uint64_t offset = file->flags & O_APPEND ? inode->size : file->offset;
    if (cap_ref_is_live(ref)) result = inode->operations->write(inode, offset, buffer, size);
    if (result > 0) file->offset = offset + (uint64_t)result;
    sleep_lock_release(&inode->lock);
    return result;
}

// Where `whence` counts from, or -EINVAL.
static int64_t seek_base(const struct file *file, int whence) {
    switch (whence) {
    case SEEK_SET: return 0;
    case SEEK_CUR: return (int64_t)file->offset;
    case SEEK_END: return (int64_t)inode_of_file(file)->size;
    default: return -EINVAL;
    }
}

static int64_t regular_seek(struct file *file, const struct cap_ref *ref, int64_t offset,
                            int whence) {
    struct inode *inode = inode_of_file(file);
    sleep_lock_acquire(&inode->lock);
    int64_t result = cap_ref_is_live(ref) ? seek_base(file, whence) : -EBADF;
    if (result >= 0) {
        if (offset > INT64_MAX - result)
            result = -EOVERFLOW;
        else if (result + offset < 0)
            result = -EINVAL;
        else
            file->offset = (uint64_t)(result += offset);
    }
    sleep_lock_release(&inode->lock);
    return result;
}

static int regular_truncate(struct file *file, const struct cap_ref *ref, uint64_t size) {
    struct inode *inode = inode_of_file(file);
    sleep_lock_acquire(&inode->lock);
    int error = cap_ref_is_live(ref) ? inode->operations->truncate(inode, size) : -EBADF;
    sleep_lock_release(&inode->lock);
    return error;
}

// ---- Directories -------------------------------------------------------------------------------

static int64_t directory_read(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                              size_t size) {
    (void)file, (void)ref, (void)buffer, (void)size;
    return -EISDIR;
}

static int64_t directory_read_entries(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                                      size_t size) {
    struct directory_entry entry;
    if (size > INT64_MAX || size < sizeof(entry)) return -EINVAL;
    struct inode *inode = inode_of_file(file);
    size_t done = 0;
    sleep_lock_acquire(&inode->lock);
    int result = cap_ref_is_live(ref) ? 0 : -EBADF;
    while (!result && size - done >= sizeof(entry)) {
        uint64_t position = file->offset;
        if ((result = inode->operations->next_entry(inode, &position, &entry)) <= 0) break;
        result = copy_to_user(buffer + done, &entry, sizeof(entry));
        if (result < 0) break;
        file->offset = position;
        done += sizeof(entry);
    }
    sleep_lock_release(&inode->lock);
    return done > 0 ? (int64_t)done : result;
}

// ---- Devices -----------------------------------------------------------------------------------

static int64_t device_read(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                           size_t size) {
    const struct device *device = inode_of_file(file)->device;
    if (!device->read) return -EINVAL;
    return size > 0 ? device->read(ref, buffer, size) : 0;
}

static int64_t device_write(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                            size_t size) {
    const struct device *device = inode_of_file(file)->device;
    if (!device->write) return -EINVAL;
    return size > 0 ? device->write(ref, buffer, size) : 0;
}

static int64_t device_control(struct file *file, const struct cap_ref *ref, int64_t request,
                              int64_t argument) {
    const struct device *device = inode_of_file(file)->device;
    return device->control ? device->control(ref, request, argument) : -ENOTTY;
}

// ---- All of them -------------------------------------------------------------------------------

static int inode_file_stat(struct file *file, const struct cap_ref *ref, struct stat *stat) {
    struct inode *inode = inode_of_file(file);
    sleep_lock_acquire(&inode->lock);
    *stat = (struct stat){
        .inode = inode->number,
        .size = inode->size,
        .kind = inode->kind,
        .links = inode->links,
        .device = inode->file_system->number,
    };
    int error = cap_ref_is_live(ref) ? 0 : -EBADF;
    sleep_lock_release(&inode->lock);
    return error;
}

// Nothing is changed that was not changed before, so it may come a moment after a revocation.
static int inode_file_sync(struct file *file, const struct cap_ref *ref) {
    struct inode *inode = inode_of_file(file);
    return cap_ref_is_live(ref) ? inode->operations->sync(inode) : -EBADF;
}

static void inode_file_settle(struct file *file) {
    struct inode *inode = inode_of_file(file);
    sleep_lock_acquire(&inode->lock);
    sleep_lock_release(&inode->lock);
}

static void device_settle(struct file *file) {
    const struct device *device = inode_of_file(file)->device;
    if (device->settle) device->settle();
}

static void inode_file_release(struct file *file) {
    if (file->target) inode_put(inode_of_file(file));
}

static void inode_file_describe(const struct file *file, char *name, size_t size) {
    string_copy(name, file->name, size);
}

static const struct file_operations regular_operations = {
    .settle = inode_file_settle,
    .read = regular_read,
    .write = regular_write,
    .seek = regular_seek,
    .truncate = regular_truncate,
    .sync = inode_file_sync,
    .stat = inode_file_stat,
    .release = inode_file_release,
    .describe = inode_file_describe,
};

static const struct file_operations directory_operations = {
    .settle = inode_file_settle,
    .read = directory_read,
    .stat = inode_file_stat,
    .read_directory = directory_read_entries,
    .sync = inode_file_sync,
    .release = inode_file_release,
    .describe = inode_file_describe,
};

static const struct file_operations device_operations = {
    .settle = device_settle,
    .read = device_read,
    .write = device_write,
    .stat = inode_file_stat,
    .control = device_control,
    .release = inode_file_release,
    .describe = inode_file_describe,
};

struct file *inode_file_create(const char *path, uint32_t flags) {
    struct file *file = file_create(&regular_operations, flags, NULL);
    if (file) string_copy(file->name, path, sizeof(file->name));
    return file;
}

static int inode_truncate(struct inode *inode) {
    sleep_lock_acquire(&inode->lock);
    int error = inode->operations->truncate(inode, 0);
    sleep_lock_release(&inode->lock);
    return error;
}

int inode_file_attach(struct file *file, struct inode *inode) {
    const uint32_t flags = file->flags;
    file->target = inode;
    switch (inode->kind) {
    case FILE_KIND_DIRECTORY:
        file->operations = &directory_operations;
        return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) ? -EISDIR : 0;
    case FILE_KIND_DEVICE:
        file->operations = &device_operations;
        return flags & O_DIRECTORY ? -ENOTDIR : 0;
    default:
        if (flags & O_DIRECTORY) return -ENOTDIR;
        if ((flags & O_ACCMODE) != O_RDONLY && inode->file_system->is_read_only) return -EROFS;
        return flags & O_TRUNC ? inode_truncate(inode) : 0;
    }
}
