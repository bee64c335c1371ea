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

static const char *const initrd_directories[] = {"bin", "etc", "run", "tests"};

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

// Mounts a file system on a directory of the root, which is made if it is not there.
static void mount_at(struct inode *root, const char *name) {
    char path[16];
    struct inode *directory;
    format_string(path, sizeof(path), "/%s", name);
    int error = path_lookup_directory(path, &directory);
    if (error == -ENOENT) {
        error = path_make_directory(path);
        if (!error) error = path_lookup_directory(path, &directory);
    }
    if (error)
        kprintf("%s cannot be mounted on the disk's directory %s: %s\n", name, path,
                error_text(error));
    else
        file_system_mount(root->file_system, directory);
}

static bool mount_disk(void (*report)(const char *format, ...)) {
    struct block_device *device = block_device_first();
    struct file_system *file_system;
    char message[128];
    if (!device || boot_options.root[0] == 'm') return false;
    int error = diskfs_mount(device, &file_system, message, sizeof(message));
    if (message[0]) kprintf("%s\n", message);
    if (error) {
        kprintf("disk %s is not used; the files of the initrd are the root\n", device->name);
        return false;
    }
    struct file_system_info info = {.reserved = 0};
    file_system->get_info(file_system, &info);
    report("disk     %lu MiB, %lu free%s\n", info.blocks * info.block_size >> 20,
           info.blocks_free * info.block_size >> 20,
           file_system->is_read_only ? ", read-only" : "");
    inode_set_root(file_system->root);
    return true;
}

void boot_files(const struct boot_info *info, void (*report)(const char *format, ...)) {
    if (info->initrd.start == info->initrd.end)
        kprintf("no initrd: there are no programs; give one with -initrd\n");
    if (mount_disk(report)) {
        for (size_t i = 0; i < sizeof(initrd_directories) / sizeof(initrd_directories[0]); i++) {
            struct inode *root = make_ramfs();
            unpack(info, root, initrd_directories[i]);
            mount_at(root, initrd_directories[i]);
        }
        mount_at(make_ramfs(), "dev");
    } else {
        inode_set_root(make_ramfs());
        unpack(info, inode_root(), NULL);
    }
    mount_at(make_ramfs(), "tmp");
    page_give(page_round_up(info->initrd.start), page_round_down(info->initrd.end));
    if (ramfs_populate_devices() < 0) panic("no memory for /dev");
}
