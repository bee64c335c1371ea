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

// ---- The cache and memory ----------------------------------------------------------------------

#define LARGE_PAGES 2000

static struct page_statistics pages_now(void) {
    struct page_statistics pages;
    page_get_statistics(&pages);
    return pages;
}

// A page of the large file holds its own number all over.
static void large_file_make(void) {
    struct file *file = file_at("/large", O_WRONLY | O_CREAT);
    for (int page = 0; page < LARGE_PAGES; page++) {
        for (size_t i = 0; i < PAGE_SIZE; i += sizeof(page)) memcpy(user + i, &page, sizeof(page));
        require(file_write(file, user, PAGE_SIZE) == PAGE_SIZE);
    }
    file_close(file);
}

// How many transfers it takes.
static uint64_t large_file_check(void) {
    uint64_t before = disk.transfers;
    struct file *file = file_at("/large", O_RDONLY);
    for (int page = 0, found; page < LARGE_PAGES; page++) {
        require(file_read(file, user, PAGE_SIZE) == PAGE_SIZE);
        for (size_t i = 0; i < PAGE_SIZE; i += sizeof(page)) {
            memcpy(&found, user + i, sizeof(found));
            require(found == page);
        }
    }
    file_close(file);
    return disk.transfers - before;
}

// Takes every page there is, and gives them back. How many it was.
static uint64_t take_all_memory(void) {
    static void *taken[HOST_PAGES_DEFAULT];
    uint64_t count = 0;
    while ((taken[count] = page_alloc())) memset(taken[count++], 0xee, PAGE_SIZE);
    for (uint64_t i = 0; i < count; i++) page_put(taken[i]);
    return count;
}

START_TEST(the_cache_grows_while_there_is_memory_and_gives_way) {
    struct page_statistics before = pages_now(), full, empty;
    uint64_t transfers = disk.transfers, requests = disk.requests;
    large_file_make();
    ck_assert_int_eq(disk_sync(mounted), 0);
    ck_assert_uint_le((disk.requests - requests) * 4, disk.transfers - transfers);
    ck_assert_uint_eq(large_file_check(), 0);
    full = pages_now();
    ck_assert_uint_ge(full.reclaimable, LARGE_PAGES);
    ck_assert_uint_ge(full.cached, full.reclaimable);
    ck_assert_uint_le(before.free + before.cached, full.free + full.cached + 2); // two inodes
    ck_assert_uint_ge(take_all_memory(), full.free + full.reclaimable);
    empty = pages_now();
    ck_assert_uint_eq(empty.reclaimable, 0);
    ck_assert_uint_eq(empty.free + empty.cached, full.free + full.cached);
    requests = disk.requests;
    ck_assert_uint_ge(large_file_check(), LARGE_PAGES);
    ck_assert_uint_le((disk.requests - requests) * 6, LARGE_PAGES);
    ck_assert_uint_eq(large_file_check(), 0);
}
END_TEST

START_TEST(memory_that_runs_out_takes_nothing_that_is_not_on_the_disk) {
    large_file_make(); // and is neither synced nor, for the larger part, written
    struct page_statistics pages = pages_now();
    ck_assert_uint_ge(pages.cached - pages.reclaimable, pages.total / 16);
    ck_assert_uint_eq(disk.device.block_count, 4096);
    take_all_memory();
    large_file_check();
}
END_TEST

START_TEST(a_page_that_a_program_has_stays_in_the_cache) {
    large_file_make();
    ck_assert_int_eq(disk_sync(mounted), 0);
    struct inode *inode;
    ck_assert_int_eq(path_lookup("/large", &inode), 0);
    const int *page = inode->operations->get_page(inode, 7);
    ck_assert(page && page_is_shared(page));
    take_all_memory();
    uint64_t before = disk.transfers;
    void *again = inode->operations->get_page(inode, 7);
    ck_assert_ptr_eq(page, again);
    ck_assert_int_eq(page[100], 7);
    ck_assert_uint_le(disk.transfers - before, 1); // where the file's blocks are
    page_put(again);
    page_put(again);
    inode_put(inode);
    large_file_check();
}
END_TEST

Suite *disk_suite(void) {
    Suite *suite = suite_create("disk");
    add_case(suite, "use", setup, teardown, files_keep_what_is_written, many_names_in_one_directory,
             names_move_and_multiply, large_and_sparse_files, a_full_disk_recovers,
             cut_bytes_do_not_come_back, an_unlinked_file_lives_while_it_is_open,
             writes_of_create_write_fsync_unlink, a_block_in_the_log_is_not_used_for_contents);
    add_case(suite, "memory", setup, teardown, the_cache_grows_while_there_is_memory_and_gives_way,
             memory_that_runs_out_takes_nothing_that_is_not_on_the_disk,
             a_page_that_a_program_has_stays_in_the_cache);
    return suite;
}
