// SPDX-License-Identifier: MIT
// The in-memory file system's inodes: their memory, their operations, and the tree's root. Inode
// numbers are drawn from an atomic counter; everything else is under the inodes' locks.

#include "fs/ramfs.h"
#include "abi/errno.h"
#include "fs/device.h"
#include "fs/ramfs_internal.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"
#include "mem/page.h"

static struct object_cache file_cache;
static struct object_cache directory_cache;
static struct object_cache file_system_cache;
static uint64_t last_number; // atomic

static int ramfs_make(struct inode *directory, const char *name, size_t length, enum file_kind kind,
                      const struct device *device, struct inode **made) {
    struct inode *found;
    if (ramfs_lookup(directory, name, length, &found) == 0) {
        inode_put(found);
        return -EEXIST;
    }
    struct inode *inode = ramfs_inode_create(kind);
    if (!inode) return -ENOMEM;
    inode->device = device;
    int error = ramfs_name(directory, name, length, inode);
    if (error)
        inode_put(inode);
    else
        *made = inode;
    return error;
}

static int ramfs_create_entry(struct inode *directory, const char *name, size_t length,
                              enum file_kind kind, struct inode **made) {
    return ramfs_make(directory, name, length, kind, NULL, made);
}

static int ramfs_make_device(struct inode *directory, const char *name, size_t length,
                             const struct device *device) {
    struct inode *made;
    int error = ramfs_make(directory, name, length, FILE_KIND_DEVICE, device, &made);
    if (!error) inode_put(made);
    return error;
}

static int ramfs_sync(struct inode *inode) {
    (void)inode;
    return 0;
}

// The names are gone as well, since each would hold a reference.
static void ramfs_release(struct inode *inode) {
    kassert(inode->links == 0);
    if (inode->kind == FILE_KIND_DIRECTORY) {
        object_cache_free(&directory_cache, ramfs_directory_of(inode));
        return;
    }
    page_array_truncate(&ramfs_file_of(inode)->pages, 0);
    ramfs_charge_settle(ramfs_file_of(inode));
    object_cache_free(&file_cache, ramfs_file_of(inode));
}

static const struct inode_operations ramfs_operations = {
    .lookup = ramfs_lookup,
    .create = ramfs_create_entry,
    .unlink = ramfs_unlink,
    .next_entry = ramfs_next_entry,
    .read = ramfs_read,
    .write = ramfs_write,
    .read_kernel = ramfs_read_kernel,
    .get_page = ramfs_get_page,
    .truncate = ramfs_truncate,
    .link = ramfs_link,
    .rename = ramfs_rename,
    .sync = ramfs_sync,
    .make_device = ramfs_make_device,
    .release = ramfs_release,
};

struct inode *ramfs_inode_create(enum file_kind kind) {
    struct inode *inode = NULL;
    if (kind == FILE_KIND_DIRECTORY) {
        struct ramfs_directory *directory = object_cache_alloc(&directory_cache);
        if (directory) {
            directory->free_slot = RAMFS_SLOT_NONE;
            inode = &directory->inode;
        }
    } else {
        struct ramfs_file *file = object_cache_alloc(&file_cache);
        if (file) inode = &file->inode;
    }
    if (inode) {
        uint64_t number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
        inode_init(inode, &ramfs_operations, number, kind);
    }
    return inode;
}

static int sync_nothing(struct file_system *file_system) {
    (void)file_system;
    return 0;
}

// All file systems in memory share it with everything else.
static void get_memory_info(struct file_system *file_system, struct file_system_info *info) {
    struct page_statistics pages;
    (void)file_system;
    page_get_statistics(&pages);
    info->block_size = PAGE_SIZE;
    info->blocks = pages.total;
    info->blocks_free = pages.free + pages.reclaimable;
}

struct inode *ramfs_create(void) {
    if (!file_cache.name) { // the first time is at boot, on one CPU
        object_cache_init(&file_cache, "ramfs file", sizeof(struct ramfs_file));
        object_cache_init(&directory_cache, "ramfs directory", sizeof(struct ramfs_directory));
        object_cache_init(&file_system_cache, "ramfs", sizeof(struct file_system));
        ramfs_directory_init();
        ramfs_charge_init();
    }
    struct file_system *file_system = object_cache_alloc(&file_system_cache);
    struct inode *root = file_system ? ramfs_inode_create(FILE_KIND_DIRECTORY) : NULL;
    if (!root) {
        if (file_system) object_cache_free(&file_system_cache, file_system);
        return NULL;
    }
    *file_system = (struct file_system){
        .type = "memory", .root = root, .sync = sync_nothing, .get_info = get_memory_info};
    sleep_lock_init(&file_system->rename_lock);
    ramfs_directory_of(root)->parent = root;
    root->links = 1;
    root->file_system = file_system;
    return root;
}

// ---- Devices -----------------------------------------------------------------------------------

int ramfs_populate_devices(void) {
    char path[32];
    const struct device *device;
    int error = path_make_directory("/dev");
    if (error == -EEXIST) error = 0;
    for (uint32_t i = 0; !error && (device = device_at(i)); i++) {
        format_string(path, sizeof(path), "/dev/%s", device->name);
        error = path_make_device(path, i);
    }
    return error;
}
