// SPDX-License-Identifier: MIT
// Failures at every point: of each transfer, and of each allocation, of a fixed workload. Nothing
// is lost or half done, what is left is clean, and no memory is lost. Also disks that are no good.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"
#include "lib/print.h"

#define BLOCKS 512
#define INODES 128
#define LOG    64

static struct memory_disk disk;
static struct file_system *mounted;
static char message[128];

static int mount(void) { return diskfs_mount(&disk.device, &mounted, message, sizeof(message)); }

static int write_some(const char *path, uint64_t offset, size_t size) {
    struct file *file;
    int error = file_open(path, O_WRONLY | O_CREAT, &file);
    if (error) return error;
    file_seek(file, (int64_t)offset, SEEK_SET);
    int64_t count = file_write(file, user, size);
    file_close(file);
    return count < 0 ? (int)count : 0;
}

static int make_long_names(void) {
    char path[300];
    int error = 0;
    for (int i = 0; i < 30 && !error; i++) {
        snprintf(path, sizeof(path), "/d/%0200d", i);
        error = open_error(path, O_WRONLY | O_CREAT);
    }
    return error;
}

static int step(int number) {
    switch (number) {
    case 0: return path_make_directory("/d");
    case 1: return write_some("/a", 0, 3 * BLOCK_SIZE);
    case 2: return make_long_names();
    case 3: return path_link("/a", "/d/a");
    case 4: return write_some("/sparse", UINT64_C(5) << 20, 100);
    case 5: return write_some("/indirect", 0, 20 * BLOCK_SIZE);
    case 6: return disk_sync(mounted);
    case 7: return path_rename("/a", "/sparse");
    case 8: return path_rename("/d", "/e");
    case 9: return disk_path_truncate("/indirect", 5000);
    case 10: return disk_path_truncate("/indirect", 9000);
    case 11: return path_unlink("/e/a");
    case 12: return path_unlink("/sparse");
    case 13: return path_unlink("/indirect");
    case 14: return disk_sync(mounted);
    default: return 1;
    }
}

static void remount_and_check(void) {
    require(mount() == 0 && *message == 0);
    inode_set_root(mounted->root);
    disk_tree_signature();
    diskfs_unmount(mounted);
    if (!disk_is_clean(disk.image, BLOCKS)) ck_abort_msg("not clean");
}

// ---- Transfers ---------------------------------------------------------------------------------

// Runs the workload on a disk that works for so many transfers. True if it worked to the end.
static bool run_until_transfer_fails(uint64_t transfers) {
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    disk.fails_after = transfers;
    int error = mount();
    bool worked = error == 0;
    if (error) {
        require(*message != 0 && error == -EIO);
    } else {
        inode_set_root(mounted->root);
        for (int i = 0; (error = step(i)) <= 0; i++) {
            worked &= error == 0;
            require(error == 0 || error == -EIO || error == -EROFS || error == -ENOENT);
        }
        diskfs_unmount(mounted);
        worked &= disk.transfers <= transfers;
    }
    disk.fails_after = UINT64_MAX;
    remount_and_check();
    memory_disk_free(&disk);
    return worked;
}

START_TEST(every_transfer_may_fail) {
    uint64_t transfers = 0;
    run_until_transfer_fails(UINT64_MAX);
    uint64_t before = pages_free();
    while (!run_until_transfer_fails(transfers)) transfers++;
    ck_assert_uint_gt(transfers, 60);
    ck_assert_uint_le(before, pages_free() + 8);
}
END_TEST

START_TEST(reading_fails_once_and_then_works) {
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    mounted = disk_mount_root(&disk);
    require(step(0) == 0 && step(1) == 0 && step(2) == 0);
    diskfs_unmount(mounted);
    for (uint64_t failing = 0;; failing++) {
        mounted = disk_mount_root(&disk);
        disk.transfers = 0;
        disk.fails_after = failing;
        int error = open_error("/d/"
                               "x",
                               O_RDONLY);
        disk.fails_after = UINT64_MAX;
        require(error == -EIO || error == -ENOENT);
        require(open_error("/a", O_RDONLY) == 0); // nothing wrong is remembered
        diskfs_unmount(mounted);
        if (error == -ENOENT) break;
    }
    memory_disk_free(&disk);
}
END_TEST

// ---- Allocations -------------------------------------------------------------------------------

// Runs one step with only so many allocations. True if it needed no more.
static bool try_step(int number, uint64_t allocations) {
    uint64_t before = disk_tree_signature();
    host_fail_allocations_after(allocations);
    int error = step(number);
    host_fail_allocations_after(UINT64_MAX);
    if (error == 0) return true;
    require(error == -ENOMEM || error == -ENOSPC);
    // Steps of several calls get as far as they get.
    if (number != 1 && number != 2 && number != 4 && number != 5)
        require(disk_tree_signature() == before);
    return false;
}

START_TEST(every_allocation_may_fail) {
    for (uint64_t allocations = 0; allocations < 40; allocations++) {
        memory_disk_make(&disk, BLOCKS, INODES, LOG);
        host_fail_allocations_after(allocations);
        int error = mount();
        host_fail_allocations_after(UINT64_MAX);
        require(error == 0 || (error == -ENOMEM && *message));
        if (error) require(mount() == 0);
        inode_set_root(mounted->root);
        for (int i = 0; i < 15; i++)
            if (!try_step(i, allocations)) require(try_step(i, UINT64_MAX));
        diskfs_unmount(mounted);
        remount_and_check();
        memory_disk_free(&disk);
    }
}
END_TEST

// ---- Disks that are no good --------------------------------------------------------------------

static void check_refusal(int error, const char *text) {
    ck_assert_int_eq(mount(), error);
    if (!strstr(message, text)) ck_abort_msg("'%s' does not say '%s'", message, text);
}

START_TEST(bad_disks_are_refused) {
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    struct disk_super *super = (void *)disk.image;
    super->version = 2;
    check_refusal(-ENODEV, "version");
    super->version = DISK_VERSION;
    super->inode_count++;
    check_refusal(-EIO, "checksum");
    disk.device.block_count = BLOCKS / 2;
    super->inode_count--;
    check_refusal(-EIO, "smaller");
    disk.device.block_count = BLOCKS;
    memset(disk.image + DISK_LOG_HEADER * BLOCK_SIZE, 0, BLOCK_SIZE);
    check_refusal(-EIO, "log");
    memset(disk.image, 0, (size_t)BLOCKS * BLOCK_SIZE);
    check_refusal(-ENODEV, "no file system");
    memory_disk_free(&disk);
}
END_TEST

START_TEST(a_read_only_disk_is_mounted_only_if_its_log_is_empty) {
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    mounted = disk_mount_root(&disk);
    file_make("/f", "text");
    diskfs_unmount(mounted);
    disk.device.is_read_only = true;
    check_refusal(-EROFS, "read-only");
    disk.device.is_read_only = false;
    mounted = disk_mount_root(&disk);
    diskfs_unmount(mounted);
    disk.device.is_read_only = true;
    mounted = disk_mount_root(&disk);
    ck_assert(mounted->is_read_only);
    ck_assert_int_eq(open_error("/f", O_RDONLY), 0);
    diskfs_unmount(mounted);
    memory_disk_free(&disk);
}
END_TEST

// ---- fsck --------------------------------------------------------------------------------------

// Whatever bit of what describes the tree is turned, fsck says so.
START_TEST(fsck_sees_every_changed_bit) {
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    mounted = disk_mount_root(&disk);
    for (int i = 0; i < 6; i++) require(step(i) == 0);
    require(disk_sync(mounted) == 0);
    diskfs_unmount(mounted);
    mounted = disk_mount_root(&disk); // now the log is empty
    diskfs_unmount(mounted);
    const struct disk_super *super = (void *)disk.image;
    const struct disk_inode *inodes = (void *)(disk.image + super->inode_table * BLOCK_SIZE);
    struct {
        size_t start, size;
    } parts[] = {
        {0, sizeof(*super)},
        {DISK_ORPHAN_BLOCK * BLOCK_SIZE, 8}, // every inode in use may stand there
        {DISK_LOG_HEADER * BLOCK_SIZE, sizeof(struct disk_log_header)},
        {super->block_bitmap * BLOCK_SIZE, BLOCKS / 8 + 8},
        {super->inode_bitmap * BLOCK_SIZE, INODES / 8},
        {super->inode_table * BLOCK_SIZE + 128, 40 * sizeof(struct disk_inode)},
        {inodes[DISK_ROOT].direct[0] * BLOCK_SIZE, 16 + 8},      // a leaf and its first entry, but
        {inodes[DISK_ROOT].direct[0] * BLOCK_SIZE + 16 + 10, 3}, // for the tie
    };
    require(disk_is_clean(disk.image, BLOCKS));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (size_t bit = 0; bit < parts[i].size * 8; bit += i == 5 ? 61 : 3) {
            uint8_t *byte = &disk.image[parts[i].start + bit / 8];
            *byte ^= (uint8_t)(1 << bit % 8);
            if (disk_is_clean_quietly(disk.image, BLOCKS))
                ck_abort_msg("fsck does not see bit %zu of part %zu", bit, i);
            *byte ^= (uint8_t)(1 << bit % 8);
        }
    memory_disk_free(&disk);
}
END_TEST

Suite *disk_failures_suite(void) {
    Suite *suite = suite_create("disk_failures");
    add_case(suite, "transfers", fs_setup, NULL, every_transfer_may_fail,
             reading_fails_once_and_then_works);
    add_case(suite, "allocations", fs_setup, NULL, every_allocation_may_fail);
    add_case(suite, "bad disks", fs_setup, NULL, bad_disks_are_refused,
             a_read_only_disk_is_mounted_only_if_its_log_is_empty, fsck_sees_every_changed_bit);
    return suite;
}
