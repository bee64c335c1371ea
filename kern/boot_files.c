// SPDX-License-Identifier: MIT
// The name space with which the first process starts. With a disk, that is the root, and what the
// initrd has is mounted on directories of it: so programs are always those that were built,
// whatever is on the disk. Boot only, by one thread.

#include "boot_files.h"
#include "abi/errno.h"
#include "boot_options.h"
#include "fs/disk.h"
#include "fs/ramfs.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/page.h"

// ---- The initrd --------------------------------------------------------------------------------

static void unpack(const struct boot_info *info, struct inode *root, const char *only) {
    size_t size = info->initrd.end - info->initrd.start, bad_offset = 0;
    const void *archive = physical_to_direct(info->initrd.start);
    if (size > 0 && ramfs_unpack(root, archive, size, only, &bad_offset) < 0)
        kprintf("initrd: not a whole ustar archive, bad at byte %lu; what came before is there\n",
                (uint64_t)bad_offset);
}

static struct inode *make_ramfs(void) {
    struct inode *root = ramfs_create();
    if (!root) panic("no memory for a root directory");
    return root;
}

// ---- Mounting ----------------------------------------------------------------------------------

// The directories of the root on which something is mounted. Of a disk's, those are made that are
// not there: 0 or an error, and then the disk cannot be the root.
static const char *const mount_points[] = {"/bin", "/etc", "/run", "/tests", "/dev", "/tmp"};
#define FROM_INITRD  4 // the first of them
#define MOUNT_POINTS (sizeof(mount_points) / sizeof(mount_points[0]))

static int make_mount_points(void) {
    struct inode *found;
    int error = 0;
    for (size_t i = 0; i < MOUNT_POINTS && !error; i++) {
        error = path_make_directory(mount_points[i]);
        if (error == -EEXIST || error == -EROFS) error = 0;
        if (!error) error = path_lookup_directory(mount_points[i], &found);
        if (!error) inode_put(found);
    }
    return error;
}

static void mount_at(struct inode *root, const char *path) {
    struct inode *directory;
    if (path_lookup_directory(path, &directory)) panic("there is no %s any more", path);
    file_system_mount(root->file_system, directory);
}

static bool use_disk(struct block_device *device) {
    struct file_system *file_system;
    char message[128];
    int error = diskfs_mount(device, &file_system, message, sizeof(message));
    if (message[0]) kprintf("%s\n", message);
    if (error) return false;
    inode_set_root(file_system->root);
    error = make_mount_points();
    if (error) kprintf("disk %s: it cannot be the root: %s\n", device->name, error_text(error));
    return error == 0;
}

static bool mount_disk(void (*report)(const char *format, ...)) {
    struct block_device *device = block_device_first();
    if (!device || boot_options.root[0] == 'm') return false;
    if (!use_disk(device)) {
        kprintf("disk %s is not used; the files of the initrd are the root\n", device->name);
        return false;
    }
    struct file_system_info info = {.reserved = 0};
    struct file_system *file_system = inode_root()->file_system;
    file_system->get_info(file_system, &info);
    report("disk     %lu MiB, %lu free%s\n", info.blocks * info.block_size >> 20,
           info.blocks_free * info.block_size >> 20,
           file_system->is_read_only ? ", read-only" : "");
    return true;
}

void boot_files(const struct boot_info *info, void (*report)(const char *format, ...)) {
    if (info->initrd.start == info->initrd.end)
        kprintf("no initrd: there are no programs; give one with -initrd\n");
    if (mount_disk(report)) {
        for (size_t i = 0; i < MOUNT_POINTS; i++) {
            struct inode *root = make_ramfs();
            if (i < FROM_INITRD) unpack(info, root, mount_points[i] + 1);
            mount_at(root, mount_points[i]);
        }
    } else {
        inode_set_root(make_ramfs());
        unpack(info, inode_root(), NULL);
        if (make_mount_points()) panic("no memory for the first directories");
        mount_at(make_ramfs(), "/tmp");
    }
    page_give(page_round_up(info->initrd.start), page_round_down(info->initrd.end));
    if (ramfs_populate_devices() < 0) panic("no memory for /dev");
}
