// SPDX-License-Identifier: MIT
// Fuzzes the image of a disk: the input changes bytes of what describes a small tree, in the log as
// well, puts some checksums right, and then the disk is mounted, walked and used. Whatever happens,
// nothing crashes and no memory is lost; fsck gets the same image.
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"

#define BLOCKS 160
#define INODES 64
#define LOG    64

static uint8_t good[2][BLOCKS * BLOCK_SIZE]; // with a record in the log, and without
static uint64_t free_before;

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_tree(void) {
    memset(user, 'x', USER_SIZE);
    path_make_directory("/d");
    path_make_directory("/d/e");
    file_make("/d/e/file", "contents");
    file_make("/d/link", "more");
    path_link("/d/link", "/d/e/link");
    struct file *file = file_at("/large", O_WRONLY | O_CREAT);
    file_write(file, user, 20 * BLOCK_SIZE);
    file_close(file);
}

// ---- What is done with it ----------------------------------------------------------------------

static void walk(struct inode *inode, int depth) {
    static char buffer[BLOCK_SIZE];
    struct directory_entry entry;
    uint64_t position = 0;
    if (inode->kind != FILE_KIND_DIRECTORY) {
        inode->operations->read_kernel(inode, 0, buffer, sizeof(buffer));
        inode->operations->read_kernel(inode, inode->size / 2, buffer, sizeof(buffer));
        return;
    }
    for (int i = 0; i < 50 && inode->operations->next_entry(inode, &position, &entry) > 0; i++) {
        struct inode *child;
        if (inode->operations->lookup(inode, entry.name, entry.length, &child)) continue;
        if (depth < 10) walk(child, depth + 1);
        inode_put(child);
    }
}

static void make_files(void) {
    static const char *const paths[] = {"/new", "/d/new", "/d/e/new", "/large"};
    for (int i = 0; i < 4; i++) {
        struct file *file;
        if (file_open(paths[i], O_WRONLY | O_CREAT | O_APPEND, &file)) continue;
        file_write(file, user, 2 * BLOCK_SIZE);
        file_close(file);
    }
}

static void use(struct file_system *mounted) {
    inode_set_root(mounted->root);
    walk(mounted->root, 0);
    make_files();
    path_make_directory("/d/made");
    path_link("/d/link", "/d/e/another");
    path_rename("/d/e/file", "/d/file");
    path_rename("/d/e/link", "/d/link");
    disk_path_truncate("/large", 5000);
    disk_sync(mounted);
    path_unlink("/large");
    path_unlink("/d/link");
    path_unlink("/d/e/another");
    path_unlink("/d/e");
}

// ---- The input ---------------------------------------------------------------------------------

// Three bytes of input change one of the image; places where something stands are favoured.
static void change(uint8_t *image, const uint8_t *data) {
    const struct disk_super *super = (const void *)good[0];
    const uint32_t blocks[] = {
        DISK_SUPER_BLOCK,   DISK_ORPHAN_BLOCK,      DISK_LOG_HEADER,     DISK_LOG_START,
        DISK_LOG_START + 1, super->block_bitmap,    super->inode_bitmap, super->inode_table,
        super->data,        super->data + 1,        super->data + 2,     super->data + 3,
        super->data + 24,   super->inode_table + 1, super->data + 25,    DISK_LOG_START + 2};
    uint32_t offset = (uint32_t)(data[0] & 15) << 8 | data[1];
    image[blocks[data[0] >> 4] * BLOCK_SIZE + offset] ^= data[2];
}

static void fix_inodes(uint8_t *image) {
    const struct disk_super *super = (const void *)good[0];
    struct disk_inode *inodes = (void *)(image + super->inode_table * BLOCK_SIZE);
    for (uint32_t i = 0; i < INODES; i++)
        if (inodes[i].kind) inodes[i].checksum = disk_inode_checksum(i, &inodes[i]);
}

static void fix_headers(uint8_t *image) {
    struct disk_super *super = (void *)image;
    struct disk_log_header *header = (void *)(image + DISK_LOG_HEADER * BLOCK_SIZE);
    struct disk_log_record *record = (void *)(image + DISK_LOG_START * BLOCK_SIZE);
    super->checksum = disk_checksum(0, super, offsetof(struct disk_super, checksum));
    header->checksum = disk_checksum(0, header, offsetof(struct disk_log_header, checksum));
    uint64_t sum = disk_log_record_checksum(record);
    for (uint32_t i = 0; i < record->count && i + 1 < LOG; i++)
        sum = disk_checksum(sum, (uint8_t *)record + (i + 1) * BLOCK_SIZE, BLOCK_SIZE);
    record->checksum = sum;
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    struct memory_disk disk;
    fs_setup();
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    struct file_system *mounted = disk_mount_root(&disk);
    make_tree();
    disk_sync(mounted);
    diskfs_unmount(mounted);
    memcpy(good[0], disk.image, sizeof(good[0]));
    diskfs_unmount(disk_mount_root(&disk));
    memcpy(good[1], disk.image, sizeof(good[1]));
    memory_disk_free(&disk);
    free_before = pages_free();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct memory_disk disk;
    struct file_system *mounted;
    char message[128];
    if (size < 1) return 0;
    memory_disk_copy(&disk, good[data[0] >> 2 & 1], BLOCKS);
    for (size_t i = 1; i + 3 <= size && i < 100; i += 3) change(disk.image, data + i);
    if (data[0] & 1) fix_inodes(disk.image);
    if (data[0] & 2) fix_headers(disk.image);
    disk_is_clean_quietly(disk.image, BLOCKS);
    int error = diskfs_mount(&disk.device, &mounted, message, sizeof(message));
    if (error && !*message) abort();
    if (!error) {
        use(mounted);
        diskfs_unmount(mounted);
    }
    memory_disk_free(&disk);
    if (pages_free() + 32 < free_before) abort(); // memory was lost
    return 0;
}
