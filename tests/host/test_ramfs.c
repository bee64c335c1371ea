// SPDX-License-Identifier: MIT
// Files in memory: contents, holes, sizes, pages shared with programs, large directories, and
// memory that runs out.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/page_array.h"
#include "fs_support.h"
#include "mem/address_space.h"

#define FILE_MAX ((int64_t)PAGE_ARRAY_MAX * (int64_t)PAGE_SIZE)

static struct inode *inode_of(struct file *file) { return file->target; }

static int truncate_to(struct file *file, uint64_t size) {
    struct inode *inode = inode_of(file);
    sleep_lock_acquire(&inode->lock);
    int error = inode->operations->truncate(inode, size);
    sleep_lock_release(&inode->lock);
    return error;
}

static char *page_of(struct file *file, uint64_t index) {
    struct inode *inode = inode_of(file);
    sleep_lock_acquire(&inode->lock);
    char *page = inode->operations->get_page(inode, index);
    sleep_lock_release(&inode->lock);
    return page;
}

static bool is_filled_with(const char *bytes, char byte, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte) return false;
    return true;
}

START_TEST(offsets) {
    file_make("/f", "0123456789");
    struct file *file = file_at("/f", O_RDWR);
    ck_assert_int_eq(file_read(file, user, 4), 4);
    ck_assert_int_eq(file_seek(file, 0, SEEK_CUR), 4);
    ck_assert_int_eq(file_write_text(file, "abc"), 3);
    ck_assert_int_eq(file_read(file, user, 100), 3);
    ck_assert(memcmp(user, "789", 3) == 0);
    ck_assert_int_eq(file_read(file, user, 100), 0);
    ck_assert_int_eq(file_seek(file, -10, SEEK_END), 0);
    ck_assert_int_eq(file_read(file, user, 100), 10);
    ck_assert(memcmp(user, "0123abc789", 10) == 0);
    ck_assert_int_eq(file_seek(file, 1000, SEEK_SET), 1000);
    ck_assert_int_eq(file_read(file, user, 1), 0);
    ck_assert_int_eq(file_seek(file, -1001, SEEK_CUR), -EINVAL);
    ck_assert_int_eq(file_seek(file, -1, SEEK_SET), -EINVAL);
    ck_assert_int_eq(file_seek(file, INT64_MIN, SEEK_END), -EINVAL);
    ck_assert_int_eq(file_seek(file, INT64_MAX, SEEK_CUR), -EOVERFLOW);
    ck_assert_int_eq(file_seek(file, 0, 3), -EINVAL);
    ck_assert_int_eq(file_seek(file, 0, -1), -EINVAL);
    ck_assert_int_eq(file_seek(file, 0, SEEK_CUR), 1000);
    file_close(file);
}
END_TEST

START_TEST(append) {
    struct file *a = file_at("/log", O_WRONLY | O_CREAT | O_APPEND);
    struct file *b = file_at("/log", O_RDWR | O_APPEND);
    ck_assert_int_eq(file_write_text(a, "one "), 4);
    ck_assert_int_eq(file_write_text(b, "two "), 4);
    ck_assert_int_eq(file_seek(a, 0, SEEK_SET), 0);
    ck_assert_int_eq(file_write_text(a, "three"), 5);
    ck_assert_int_eq(file_seek(a, 0, SEEK_CUR), 13);
    ck_assert_int_eq(file_seek(b, 0, SEEK_SET), 0);
    ck_assert_int_eq(file_read(b, user, 100), 13);
    ck_assert(memcmp(user, "one two three", 13) == 0);
    file_close(a);
    file_close(b);
}
END_TEST

START_TEST(zero_sizes_and_bad_addresses) {
    file_make("/f", "0123456789");
    struct file *file = file_at("/f", O_RDWR);
    ck_assert_int_eq(file_read(file, NULL, 0), 0);
    ck_assert_int_eq(file_write(file, NULL, 0), 0);
    char *bad[] = {NULL, user + USER_SIZE, user + USER_SIZE - 5, (char *)UINT64_MAX - 3,
                   (char *)USER_ADDRESS_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(file_read(file, bad[i], 10), -EFAULT);
        ck_assert_int_eq(file_write(file, bad[i], 10), -EFAULT);
        ck_assert_int_eq(file_write(file, bad[i], 3 * PAGE_SIZE), -EFAULT);
    }
    ck_assert_int_eq(file_seek(file, 0, SEEK_CUR), 0);
    ck_assert_int_eq(file_read(file, user, 100), 10);
    ck_assert(memcmp(user, "0123456789", 10) == 0);
    file_close(file);
}
END_TEST

// Below open files nobody has looked at the buffer first. What a failed write leaves behind the end
// of the file does not show when the file grows.
START_TEST(bad_address_at_the_inode) {
    file_make("/f", "0123456789");
    struct file *file = file_at("/f", O_RDONLY);
    struct inode *inode = inode_of(file);
    memset(user, 'x', USER_SIZE);
    ck_assert_int_eq(file_write(file_at("/x", O_CREAT | O_WRONLY), user, USER_SIZE), USER_SIZE);
    uint64_t edge = USER_PROGRAM_BASE + USER_SIZE;
    sleep_lock_acquire(&inode->lock);
    ck_assert_int_eq(inode->operations->write(inode, 10, edge - 100, 200), -EFAULT);
    ck_assert_int_eq(inode->operations->write(inode, PAGE_SIZE, edge - 100, 200), -EFAULT);
    ck_assert_int_eq(
        inode->operations->write(inode, 2 * PAGE_SIZE, edge - PAGE_SIZE, 2 * PAGE_SIZE), PAGE_SIZE);
    ck_assert_int_eq(inode->operations->read(inode, 0, edge - 5, 10), -EFAULT);
    sleep_lock_release(&inode->lock);
    ck_assert_int_eq(file_read(file, user, USER_SIZE), 3 * PAGE_SIZE);
    ck_assert(memcmp(user, "0123456789", 10) == 0);
    ck_assert(is_filled_with(user + 10, 0, 2 * PAGE_SIZE - 10));
    ck_assert(is_filled_with(user + 2 * PAGE_SIZE, 'x', PAGE_SIZE));
    file_close(file);
}
END_TEST

START_TEST(holes_read_as_zeros) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    const int64_t ends[] = {1, 4095, 4096, 40000, 8 * 4096 + 3, 3 << 20, FILE_MAX};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        ck_assert_int_eq(truncate_to(file, 0), 0);
        ck_assert_int_eq(file_seek(file, ends[i] - 1, SEEK_SET), ends[i] - 1);
        ck_assert_int_eq(file_write_text(file, "x"), 1);
        ck_assert_uint_eq(file_stat(file).size, (uint64_t)ends[i]);
        int64_t start = ends[i] > 10000 ? ends[i] - 10000 : 0;
        ck_assert_int_eq(file_seek(file, start, SEEK_SET), start);
        memset(user, 1, 20000);
        int64_t size = file_read(file, user, 20000);
        ck_assert_int_eq(size, ends[i] - start);
        ck_assert(is_filled_with(user, 0, (size_t)size - 1));
        ck_assert_int_eq(user[size - 1], 'x');
    }
    ck_assert_int_eq(file_write_text(file, "x"), -EFBIG);
    ck_assert_int_eq(file_seek(file, -2, SEEK_END), FILE_MAX - 2);
    ck_assert_int_eq(file_write_text(file, "abc"), 2);
    ck_assert_int_eq(file_write_text(file, "c"), -EFBIG);
    ck_assert_int_eq(file_seek(file, INT64_MAX, SEEK_SET), INT64_MAX);
    ck_assert_int_eq(file_write_text(file, "c"), -EFBIG);
    ck_assert_int_eq(file_read(file, user, 1), 0);
    ck_assert_int_eq(truncate_to(file, (uint64_t)FILE_MAX + 1), -EFBIG);
    file_close(file);
}
END_TEST

START_TEST(truncate_forgets) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    memset(user, 7, 20000);
    ck_assert_int_eq(file_write(file, user, 20000), 20000);
    ck_assert_int_eq(truncate_to(file, 5000), 0);
    ck_assert_int_eq(truncate_to(file, 20000), 0);
    ck_assert_int_eq(file_seek(file, 0, SEEK_SET), 0);
    ck_assert_int_eq(file_read(file, user, 30000), 20000);
    ck_assert(is_filled_with(user, 7, 5000));
    ck_assert(is_filled_with(user + 5000, 0, 15000));
    file_close(file);
}
END_TEST

// A running program keeps the pages that it has got, whatever happens to the file.
START_TEST(shared_pages_never_change) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    memset(user, 'p', 3 * PAGE_SIZE);
    ck_assert_int_eq(file_write(file, user, 3 * PAGE_SIZE - 5), 3 * PAGE_SIZE - 5);
    char *pages[3];
    for (uint64_t i = 0; i < 3; i++) pages[i] = page_of(file, i);
    ck_assert(is_filled_with(pages[2] + PAGE_SIZE - 5, 0, 5));
    ck_assert_ptr_null(page_of(file, 3));
    ck_assert_ptr_null(page_of(file, UINT64_MAX));
    ck_assert_int_eq(file_seek(file, 100, SEEK_SET), 100);
    ck_assert_int_eq(file_write_text(file, "changed"), 7);
    memset(user, 'q', PAGE_SIZE);
    ck_assert_int_eq(file_seek(file, PAGE_SIZE, SEEK_SET), PAGE_SIZE);
    ck_assert_int_eq(file_write(file, user, PAGE_SIZE), PAGE_SIZE);
    ck_assert_int_eq(truncate_to(file, 2 * PAGE_SIZE + 10), 0);
    ck_assert_int_eq(truncate_to(file, 2 * PAGE_SIZE + 20), 0);
    ck_assert(is_filled_with(pages[0], 'p', PAGE_SIZE));
    ck_assert(is_filled_with(pages[1], 'p', PAGE_SIZE));
    ck_assert(is_filled_with(pages[2], 'p', PAGE_SIZE - 5));
    ck_assert_int_eq(file_seek(file, 0, SEEK_SET), 0);
    ck_assert_int_eq(file_read(file, user, USER_SIZE), 2 * PAGE_SIZE + 20);
    ck_assert(is_filled_with(user, 'p', 100));
    ck_assert(memcmp(user + 100, "changed", 7) == 0);
    ck_assert(is_filled_with(user + 107, 'p', PAGE_SIZE - 107));
    ck_assert(is_filled_with(user + PAGE_SIZE, 'q', PAGE_SIZE));
    ck_assert(is_filled_with(user + 2 * PAGE_SIZE, 'p', 10));
    ck_assert(is_filled_with(user + 2 * PAGE_SIZE + 10, 0, 10));
    ck_assert_int_eq(path_unlink("/f"), 0);
    file_close(file);
    ck_assert(is_filled_with(pages[1], 'p', PAGE_SIZE));
    for (uint64_t i = 0; i < 3; i++) page_put(pages[i]);
}
END_TEST

START_TEST(reads_for_the_kernel) {
    char buffer[32];
    file_make("/f", "contents");
    struct file *file = file_at("/f", O_RDONLY);
    struct inode *inode = inode_of(file), *root = inode_root();
    ck_assert_int_eq(inode->operations->read_kernel(inode, 3, buffer, sizeof(buffer)), 5);
    ck_assert(memcmp(buffer, "tents", 5) == 0);
    ck_assert_int_eq(inode->operations->read_kernel(inode, 8, buffer, sizeof(buffer)), 0);
    ck_assert_int_eq(inode->operations->read_kernel(inode, UINT64_MAX, buffer, 1), 0);
    ck_assert_int_eq(root->operations->read_kernel(root, 0, buffer, 1), -EINVAL);
    ck_assert_ptr_null(root->operations->get_page(root, 0));
    file_close(file);
}
END_TEST

#define ENTRIES 10000

static const char *entry_path(uint32_t number) {
    static char path[32];
    snprintf(path, sizeof(path), "/many/file%u", number);
    return path;
}

// Counts how often each of the entries is seen.
static void count_entries(struct file *directory, uint8_t *seen) {
    int64_t size;
    while ((size = file_read_entries(directory, user, USER_SIZE)) > 0)
        for (const struct directory_entry *entry = (const void *)user; (char *)entry < user + size;
             entry++)
            seen[atoi(entry->name + 4)]++;
    require(size == 0);
}

START_TEST(large_directory) {
    static uint8_t seen[ENTRIES];
    ck_assert_int_eq(path_make_directory("/many"), 0);
    for (uint32_t i = 0; i < ENTRIES; i++)
        require(open_error(entry_path(i), O_WRONLY | O_CREAT | O_EXCL) == 0);
    // What is there all the time is seen once, whatever else comes and goes.
    struct file *directory = file_at("/many", O_RDONLY);
    const struct directory_entry *first = (const void *)user;
    for (uint32_t i = 0; i < 100; i++) {
        require(file_read_entries(directory, user, sizeof(*first)) > 0);
        seen[atoi(first->name + 4)]++;
    }
    for (uint32_t i = 0; i < ENTRIES; i += 2) require(path_unlink(entry_path(i)) == 0);
    for (uint32_t i = 0; i < ENTRIES; i += 4)
        require(open_error(entry_path(i), O_WRONLY | O_CREAT | O_EXCL) == 0);
    count_entries(directory, seen);
    for (uint32_t i = 1; i < ENTRIES; i += 2) require(seen[i] == 1);
    file_close(directory);
    for (uint32_t i = 0; i < ENTRIES; i++)
        require(path_unlink(entry_path(i)) == (i % 4 == 2 ? -ENOENT : 0));
    ck_assert_int_eq(path_unlink("/many"), 0);
}
END_TEST

static void make_entries(uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++)
        require(open_error(entry_path(i), O_WRONLY | O_CREAT | O_EXCL) == 0);
}

static void remove_entries(uint32_t end) {
    for (uint32_t i = 0; i < end; i++) require(path_unlink(entry_path(i)) == 0);
}

static void grow_without_memory(uint64_t allocations, uint32_t many) {
    host_fail_allocations_after(allocations);
    int error = open_error(entry_path(many), O_WRONLY | O_CREAT);
    host_fail_allocations_after(UINT64_MAX);
    // An open file, an inode and a name, each of which may be the first in a page.
    require(error == 0 || (error == -ENOMEM && allocations < 6));
    require(path_unlink(entry_path(many)) == (error ? -ENOENT : 0));
    for (uint32_t i = 0; i < many; i++) require(open_error(entry_path(i), O_RDONLY) == 0);
}

// The table of a directory grows with its 1025th entry by two pages; whichever allocation fails on
// the way, the directory works, and no page is lost.
START_TEST(growth_without_memory) {
    const uint32_t many = 1024;
    uint64_t pages = 0;
    ck_assert_int_eq(path_make_directory("/many"), 0);
    for (int round = 0; round < 6; round++) {
        make_entries(0, many);
        grow_without_memory(7, many); // its slot needs a page this once
        for (uint64_t allocations = 0; allocations < 8; allocations++)
            grow_without_memory(allocations, many);
        remove_entries(many);
        if (round == 1) pages = pages_free();
    }
    ck_assert_uint_ge(pages_free() + 2, pages);
}
END_TEST

// With no page left nothing can be written, with one a part; nothing else is changed.
START_TEST(no_space) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    memset(user, 'a', 4 * PAGE_SIZE);
    ck_assert_int_eq(file_write(file, user, 100), 100);
    host_fail_allocations_after(0);
    ck_assert_int_eq(file_write(file, user, PAGE_SIZE), PAGE_SIZE - 100);
    ck_assert_int_eq(file_write(file, user, PAGE_SIZE), -ENOSPC);
    ck_assert_int_eq(file_seek(file, 0, SEEK_CUR), PAGE_SIZE);
    ck_assert_uint_eq(file_stat(file).size, PAGE_SIZE);
    host_fail_allocations_after(UINT64_MAX);
    host_fail_allocations_after(2);
    ck_assert_int_eq(file_write(file, user, 4 * PAGE_SIZE), 2 * PAGE_SIZE);
    ck_assert_int_eq(truncate_to(file, 0), 0); // needs none
    host_fail_allocations_after(UINT64_MAX);
    file_close(file);
}
END_TEST

// Behind the direct pages an index page or two are needed, and none is kept when others are
// missing.
START_TEST(no_space_for_the_index) {
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    ck_assert_int_eq(file_write_text(file, "x"), 1); // the cache of charges has its first page
    ck_assert_int_eq(truncate_to(file, 0), 0);
    ck_assert_int_eq(file_seek(file, 1 << 20, SEEK_SET), 1 << 20);
    uint64_t before = pages_free();
    for (uint32_t pages = 0; pages < 4; pages++) { // and the charge
        host_fail_allocations_after(pages);
        ck_assert_int_eq(file_write_text(file, "x"), -ENOSPC);
        ck_assert_uint_eq(file_stat(file).size, 0);
        ck_assert_uint_eq(pages_free(), before);
    }
    host_fail_allocations_after(4);
    ck_assert_int_eq(file_write_text(file, "x"), 1);
    ck_assert_int_eq(file_write(file, user, PAGE_SIZE), PAGE_SIZE - 1);
    host_fail_allocations_after(UINT64_MAX);
    file_close(file);
    ck_assert_int_eq(path_unlink("/f"), 0);
}
END_TEST

// A copy of a shared page needs memory; without it the write fails and the file stays as it was.
START_TEST(no_space_for_a_copy) {
    file_make("/f", "program");
    struct file *file = file_at("/f", O_RDWR);
    char *page = page_of(file, 0);
    host_fail_allocations_after(0);
    ck_assert_int_eq(file_write_text(file, "data"), -ENOSPC);
    ck_assert_int_eq(truncate_to(file, 3), -ENOSPC);
    ck_assert_int_eq(file_read(file, user, 100), 7);
    ck_assert(memcmp(user, "program", 7) == 0);
    page_put(page);
    ck_assert_int_eq(truncate_to(file, 3), 0);
    host_fail_allocations_after(UINT64_MAX);
    file_close(file);
}
END_TEST

Suite *ramfs_suite(void) {
    Suite *suite = suite_create("ramfs");
    TCase *tcase = tcase_create("ramfs");
    tcase_add_checked_fixture(tcase, fs_setup, NULL);
    tcase_set_timeout(tcase, 60);
    const TTest *tests[] = {bad_address_at_the_inode,
                            growth_without_memory,
                            offsets,
                            append,
                            zero_sizes_and_bad_addresses,
                            holes_read_as_zeros,
                            truncate_forgets,
                            shared_pages_never_change,
                            reads_for_the_kernel,
                            large_directory,
                            no_space,
                            no_space_for_the_index,
                            no_space_for_a_copy};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}
