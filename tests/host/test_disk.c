// SPDX-License-Identifier: MIT
// The file system on disk as it is used: files, directories, many names, large and sparse files.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"

static struct memory_disk disk;
static struct file_system *mounted;

static void setup(void) {
    fs_setup();
    memory_disk_make(&disk, 4096, 2048, 128);
    mounted = disk_mount_root(&disk);
}

// Everything is on the disk, the disk is clean, and no memory is lost.
static void teardown(void) {
    uint64_t before = disk_tree_signature();
    inode_set_root(NULL);
    diskfs_unmount(mounted);
    ck_assert(disk_is_clean(disk.image, disk.device.block_count));
    mounted = disk_mount_root(&disk);
    ck_assert(disk_tree_signature() == before);
    diskfs_unmount(mounted);
    memory_disk_free(&disk);
}

static void check_contents(const char *path, const char *contents) {
    struct file *file = file_at(path, O_RDONLY);
    size_t size = strlen(contents);
    require(file_read(file, user, USER_SIZE) == (int64_t)size);
    require(memcmp(user, contents, size) == 0);
    file_close(file);
}

START_TEST(files_keep_what_is_written) {
    file_make("/a", "hello");
    ck_assert_int_eq(path_make_directory("/d"), 0);
    file_make("/d/b", "world");
    check_contents("/a", "hello");
    check_contents("/d/b", "world");
    check_contents("/d/../a", "hello");
    ck_assert_int_eq(path_make_directory("/d"), -EEXIST);
    ck_assert_int_eq(path_unlink("/d"), -ENOTEMPTY);
    ck_assert_int_eq(disk_sync(mounted), 0);
    ck_assert_int_eq(path_unlink("/a"), 0);
    ck_assert_int_eq(open_error("/a", O_RDONLY), -ENOENT);
    ck_assert_int_eq(path_unlink("/d/b"), 0);
    ck_assert_int_eq(path_unlink("/d"), 0);
}
END_TEST

START_TEST(many_names_in_one_directory) {
    char path[400];
    for (int i = 0; i < 1500; i++) {
        snprintf(path, sizeof(path), "/name-%d-%0*d", i, i % 200 + 1, i);
        file_close(file_at(path, O_WRONLY | O_CREAT | O_EXCL));
    }
    struct directory_entry entry;
    uint64_t position = 0;
    int seen = 0;
    while (mounted->root->operations->next_entry(mounted->root, &position, &entry) > 0) seen++;
    ck_assert_int_eq(seen, 1500);
    for (int i = 0; i < 1500; i += 2) {
        snprintf(path, sizeof(path), "/name-%d-%0*d", i, i % 200 + 1, i);
        require(path_unlink(path) == 0);
    }
    for (int i = 0; i < 1500; i++) {
        snprintf(path, sizeof(path), "/name-%d-%0*d", i, i % 200 + 1, i);
        require(open_error(path, O_RDONLY) == (i % 2 ? 0 : -ENOENT));
    }
}
END_TEST

START_TEST(names_move_and_multiply) {
    require(path_make_directory("/d") == 0 && path_make_directory("/e") == 0);
    file_make("/a", "first");
    file_make("/b", "second");
    ck_assert_int_eq(path_link("/a", "/d/a2"), 0);
    ck_assert_int_eq(path_link("/a", "/b"), -EEXIST);
    ck_assert_int_eq(path_rename("/a", "/d/a2"), 0); // the same inode
    check_contents("/a", "first");
    ck_assert_int_eq(path_rename("/a", "/b"), 0);
    check_contents("/b", "first");
    ck_assert_int_eq(open_error("/a", O_RDONLY), -ENOENT);
    ck_assert_int_eq(path_rename("/b", "/d"), -EISDIR);
    ck_assert_int_eq(path_rename("/d", "/b"), -ENOTDIR);
    ck_assert_int_eq(path_rename("/e", "/d"), -ENOTEMPTY);
    ck_assert_int_eq(path_rename("/d", "/e"), 0);
    check_contents("/e/a2", "first");
    ck_assert_int_eq(path_make_directory("/e/sub"), 0);
    ck_assert_int_eq(path_rename("/e/sub", "/sub"), 0);
    file_make("/sub/../c", "up");
    check_contents("/c", "up");
    ck_assert_int_eq(path_rename("/missing", "/c"), -ENOENT);
    ck_assert_int_eq(path_rename("/sub", "/e/sub"), 0);
    ck_assert_int_eq(path_rename("/e/sub", "/e"), -ENOTEMPTY);
}
END_TEST

START_TEST(large_and_sparse_files) {
    struct file *file = file_at("/sparse", O_RDWR | O_CREAT);
    const int64_t places[] = {0, 70000, 5000000, INT64_C(1) << 30, INT64_C(4) << 30};
    for (int i = 0; i < 5; i++) {
        require(file_seek(file, places[i], SEEK_SET) == places[i]);
        require(file_write_text(file, "here") == 4);
    }
    ck_assert(file_stat(file).size == (UINT64_C(4) << 30) + 4);
    for (int i = 0; i < 5; i++) {
        require(file_seek(file, places[i], SEEK_SET) == places[i]);
        require(file_read(file, user, 4) == 4 && memcmp(user, "here", 4) == 0);
        require(i == 4 || (file_read(file, user, 100) == 100 && user[0] == 0 && user[99] == 0));
    }
    ck_assert_int_eq(file_seek(file, INT64_C(1) << 50, SEEK_SET), INT64_C(1) << 50);
    ck_assert_int_eq(file_write_text(file, "x"), -EFBIG);
    file_close(file);
    ck_assert_int_eq(path_unlink("/sparse"), 0);
}
END_TEST

START_TEST(a_full_disk_recovers) {
    struct file *file = file_at("/big", O_WRONLY | O_CREAT);
    int64_t count, total = 0;
    memset(user, 'x', USER_SIZE);
    while ((count = file_write(file, user, USER_SIZE)) > 0) total += count;
    ck_assert_int_eq(count, -ENOSPC);
    ck_assert(total > 3000 * 4096);
    ck_assert_int_eq(open_error("/other", O_WRONLY | O_CREAT), 0);
    file_close(file);
    ck_assert_int_eq(path_unlink("/big"), 0);
    file = file_at("/other", O_WRONLY);
    ck_assert(file_write(file, user, USER_SIZE) == USER_SIZE);
    file_close(file);
}
END_TEST

START_TEST(cut_bytes_do_not_come_back) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    memset(user, 'x', 5000);
    ck_assert_int_eq(file_write(file, user, 5000), 5000);
    struct inode *inode = file->target;
    sleep_lock_acquire(&inode->lock);
    ck_assert_int_eq(inode->operations->truncate(inode, 10), 0);
    ck_assert_int_eq(inode->operations->truncate(inode, 9000), 0);
    sleep_lock_release(&inode->lock);
    ck_assert_int_eq(file_seek(file, 0, SEEK_SET), 0);
    ck_assert_int_eq(file_read(file, user, 10000), 9000);
    for (int i = 0; i < 9000; i++) require(user[i] == (i < 10 ? 'x' : 0));
    file_close(file);
}
END_TEST

START_TEST(an_unlinked_file_lives_while_it_is_open) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    ck_assert_int_eq(path_unlink("/f"), 0);
    ck_assert_int_eq(file_write_text(file, "still"), 5);
    ck_assert_int_eq(file_seek(file, 0, SEEK_SET), 0);
    ck_assert_int_eq(file_read(file, user, 10), 5);
    ck_assert_int_eq(disk_sync(mounted), 0);
    file_close(file);
}
END_TEST

// Were it so, replaying the log at the next mount would put the old leaf over the contents.
START_TEST(a_block_in_the_log_is_not_used_for_contents) {
    ck_assert_int_eq(path_make_directory("/d"), 0);
    file_make("/d/f", "text");
    ck_assert_int_eq(disk_sync(mounted), 0);
    ck_assert_int_eq(path_unlink("/d/f"), 0);
    ck_assert_int_eq(path_unlink("/d"), 0);
    ck_assert_int_eq(disk_sync(mounted), 0);
    struct file *file = file_at("/contents", O_WRONLY | O_CREAT);
    memset(user, 'x', USER_SIZE);
    ck_assert_int_eq(file_write(file, user, USER_SIZE), USER_SIZE);
    file_close(file);
}
END_TEST

START_TEST(writes_of_create_write_fsync_unlink) {
    file_make("/first", "x"); // the directory has its leaf
    ck_assert_int_eq(disk_sync(mounted), 0);
    memory_disk_record(&disk);
    file_make("/f", "contents");
    ck_assert_int_eq(disk_sync(mounted), 0);
    ck_assert_int_eq(path_unlink("/f"), 0);
    uint32_t writes = 0, flushes = 0;
    for (uint32_t i = 0; i < disk.event_count; i++) {
        bool is_flush = disk.events[i].block == DISK_EVENT_FLUSH;
        flushes += is_flush;
        writes += !is_flush;
    }
    // One of data, and a record of five: itself, leaf, inodes and both bitmaps.
    ck_assert_int_eq(writes, 6);
    ck_assert_int_eq(flushes, 2);
}
END_TEST

Suite *disk_suite(void) {
    Suite *suite = suite_create("disk");
    add_case(suite, "use", setup, teardown, files_keep_what_is_written, many_names_in_one_directory,
             names_move_and_multiply, large_and_sparse_files, a_full_disk_recovers,
             cut_bytes_do_not_come_back, an_unlinked_file_lives_while_it_is_open,
             writes_of_create_write_fsync_unlink, a_block_in_the_log_is_not_used_for_contents);
    return suite;
}
