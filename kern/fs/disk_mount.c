// SPDX-License-Identifier: MIT
// Mounting and unmounting a disk. Nothing else knows of the file system meanwhile.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/print.h"
#include "mem/page.h"

#define REPORTS_MAX 16

_Static_assert(sizeof(struct disk) <= PAGE_SIZE, "a mounted disk is one page");

static struct disk *disk_of_file_system(struct file_system *file_system) {
    return container_of(file_system, struct disk, file_system);
}

int disk_report(struct disk *disk, const char *what, uint64_t where) {
    uint32_t count = __atomic_add_fetch(&disk->report_count, 1, __ATOMIC_RELAXED);
    if (count <= REPORTS_MAX)
        kprintf("disk %s: %s %llu; check it with fsck\n", disk->cache.device->name, what,
                (unsigned long long)where);
    return -EIO;
}

static int disk_file_system_sync(struct file_system *file_system) {
    return disk_commit(disk_of_file_system(file_system));
}

static void disk_get_info(struct file_system *file_system, struct file_system_info *info) {
    struct disk *disk = disk_of_file_system(file_system);
    spinlock_acquire(&disk->lock);
    info->block_size = DISK_BLOCK_SIZE;
    info->blocks = disk->super.block_count - disk->super.data;
    info->blocks_free = disk->free_blocks + disk->pending_blocks;
    info->files = disk->super.inode_count - 1;
    info->files_free = disk->free_inodes;
    spinlock_release(&disk->lock);
}

// ---- Unmounting --------------------------------------------------------------------------------

static void disk_destroy(struct disk *disk) {
    if (disk->file_system.root) inode_put(disk->file_system.root);
    disk_nodes_forget_all(disk);
    kassert(disk->node_count == 0);
    disk_space_close(disk);
    if (disk->cache.device) buffer_cache_destroy(&disk->cache);
    if (disk->record.page) page_put(disk->record.page);
    page_put(disk);
}

void diskfs_unmount(struct file_system *file_system) {
    struct disk *disk = disk_of_file_system(file_system);
    disk_commit(disk);
    file_system->is_read_only = true; // what is released now stays an orphan
    disk_destroy(disk);
}

// ---- Mounting ----------------------------------------------------------------------------------

// Fills in the super block: NULL, or what is wrong.
static const char *read_super(struct disk *disk, struct block_device *device, int *error) {
    void *page = page_alloc();
    const char *wrong = "out of memory";
    *error = -ENOMEM;
    if (!page) return wrong;
    *error = block_transfer_and_wait(device, BLOCK_READ, DISK_SUPER_BLOCK, page);
    wrong = "it cannot be read";
    if (*error == 0) {
        disk->super = *(const struct disk_super *)page;
        wrong = disk_super_check(&disk->super, device->block_count);
        bool is_ours = disk->super.magic == DISK_MAGIC && disk->super.version == DISK_VERSION;
        *error = !wrong ? 0 : is_ours ? -EIO : -ENODEV;
    }
    page_put(page);
    return wrong;
}

static int open_record(struct disk *disk) {
    disk->record.page = page_alloc_zeroed();
    disk->record.cache = &disk->cache;
    disk->record.references = 1; // it is never idle
    wait_queue_init(&disk->record.waiters);
    return disk->record.page ? 0 : -ENOMEM;
}

static int open_root(struct disk *disk) {
    int error = disk_node_get(disk, DISK_ROOT, &disk->file_system.root);
    if (error) return error;
    const struct disk_node *root = disk_node_of(disk->file_system.root);
    bool is_good = root->inode.kind == FILE_KIND_DIRECTORY && root->inode.links == 1 &&
                   root->raw.parent == DISK_ROOT;
    return is_good ? 0 : disk_report(disk, "the root directory is damaged, inode", DISK_ROOT);
}

// Why the log, or what comes after it, could not be opened.
static const char *open_parts(struct disk *disk, struct block_device *device, int *error) {
    *error = buffer_cache_init(&disk->cache, device);
    if (!*error) *error = open_record(disk);
    if (*error) return "out of memory";
    *error = disk_log_open(disk);
    if (*error == -EROFS) return "its log is to be replayed, but the disk is read-only";
    if (*error == -EINVAL) *error = -EIO;
    if (*error) return "its log cannot be read";
    *error = disk_space_open(disk);
    if (*error == -EFBIG) return "it is too large";
    if (*error) return "its bitmaps cannot be read";
    *error = open_root(disk);
    return *error ? "its root directory cannot be read" : NULL;
}

// Frees an inode without names, and cuts a file that was being cut.
static int recover_orphan(struct disk *disk, uint32_t slot, uint32_t number) {
    struct inode *inode;
    int error = disk_node_get(disk, number, &inode);
    if (error) return error;
    struct disk_node *node = disk_node_of(inode);
    node->orphan = slot + 1;
    if (inode->links == 0)
        disk_node_forget(node);
    else if (inode->kind == FILE_KIND_REGULAR)
        error = disk_node_cut(node);
    inode_put(inode);
    return error;
}

static int recover_orphans(struct disk *disk) {
    const struct disk_orphans *orphans = disk->orphans->page;
    int error = 0;
    for (uint32_t slot = 0; slot < DISK_ORPHANS; slot++) {
        uint32_t number = orphans->inodes[slot];
        if (number == 0) continue;
        int result = recover_orphan(disk, slot, number);
        if (!error) error = result;
    }
    return error;
}

static struct disk *disk_make(void) {
    struct disk *disk = page_alloc_zeroed();
    if (!disk) return NULL;
    disk->file_system = (struct file_system){
        .type = "disk", .sync = disk_file_system_sync, .get_info = disk_get_info};
    sleep_lock_init(&disk->file_system.rename_lock);
    spinlock_init(&disk->lock, LOCK_FILE_SYSTEM);
    wait_queue_init(&disk->waiters);
    disk_node_init(disk);
    disk->running = 1;
    disk->next_inode = DISK_ROOT;
    return disk;
}

int diskfs_mount(struct block_device *device, struct file_system **mounted, char *message,
                 size_t message_size) {
    int error;
    const char *wrong = "out of memory";
    struct disk *disk = disk_make();
    *message = 0;
    if (disk) wrong = read_super(disk, device, &error);
    if (disk && !wrong) wrong = open_parts(disk, device, &error);
    if (wrong) {
        format_string(message, message_size, "disk %s: %s", device->name, wrong);
        if (!disk) return -ENOMEM;
        disk->file_system.is_read_only = true;
        disk_destroy(disk);
        return error;
    }
    disk->file_system.is_read_only = device->is_read_only;
    if (!device->is_read_only && recover_orphans(disk)) {
        disk->file_system.is_read_only = true;
        format_string(message, message_size,
                      "disk %s: it is damaged, and therefore read-only; check it with fsck",
                      device->name);
    }
    *mounted = &disk->file_system;
    return 0;
}
