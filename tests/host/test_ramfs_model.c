// SPDX-License-Identifier: MIT
// Random operations on the file systems in memory and on disk, each compared with a simple model:
// results, errors, contents, directories, and pages that running programs share. The same again
// with allocations that fail at every point: what fails for that reason must have changed nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"
#include "fs_model.h"
#include "mem/page.h"

#define PAGES_CACHED 4
#define OPERATIONS   20000
#define HANDLES      8
#define SHARED       4

struct handle {
    struct file *file; // NULL: closed
    int node;
    size_t offset;
    uint32_t flags;
};

static struct handle handles[HANDLES];
static struct shared_page {
    char *page; // NULL: none
    char copy[PAGE_SIZE];
} shared[SHARED];
static char long_names[2][NAME_MAX + 2];
static uint64_t refusals; // for lack of memory

static bool is_lack_of_memory(int64_t result) {
    bool lack = result == -ENOMEM || result == -ENOSPC;
    refusals += lack;
    return lack;
}

// ---- Operations --------------------------------------------------------------------------------

static const char *random_path(void) {
    static char path[4 * (NAME_MAX + 4)];
    static const char *const names[] = {"a", "b", "c", "dd", "..", ".", "", "a", "b", "c"};
    path[0] = 0;
    if (test_random(8) > 0) strcat(path, "/");
    for (uint32_t i = 0, depth = test_random(4); i <= depth; i++) {
        bool is_long = test_random(24) == 0;
        strcat(path, is_long ? long_names[test_random(2)] : names[test_random(10)]);
        if (i < depth || test_random(8) == 0) strcat(path, "/");
    }
    return path;
}

static void do_open(struct handle *handle) {
    static const uint32_t extra[] = {0,
                                     0,
                                     O_CREAT,
                                     O_CREAT,
                                     O_CREAT | O_EXCL,
                                     O_TRUNC,
                                     O_CREAT | O_TRUNC,
                                     O_APPEND | O_CREAT,
                                     O_DIRECTORY};
    const char *path = random_path();
    uint32_t flags = test_random(3) | extra[test_random(9)];
    struct model_target target;
    bool makes;
    int expected = model_open(path, flags, &target, &makes);
    if (makes && model_is_full()) return;
    struct file *file;
    int error = file_open(path, flags, &file);
    if (is_lack_of_memory(error)) return;
    if (makes)
        expected = model_make(target.directory, target.name, target.length, FILE_KIND_REGULAR);
    require(error == (expected < 0 ? expected : 0));
    if (error) return;
    *handle = (struct handle){.file = file, .node = expected, .flags = flags};
    nodes[expected].handles++;
    if (flags & O_TRUNC) {
        nodes[expected].size = 0;
        memset(nodes[expected].contents, 0, FILE_SIZE);
    }
}

static void do_close(struct handle *handle) {
    file_close(handle->file);
    nodes[handle->node].handles--;
    model_forget_if_unused(handle->node);
    handle->file = NULL;
}

static void do_write(struct handle *handle) {
    struct node *node = &nodes[handle->node];
    size_t offset = handle->flags & O_APPEND ? node->size : handle->offset;
    if (offset >= FILE_SIZE) return;
    size_t size = test_random(test_random(2) ? 100 : 12000);
    size = size < FILE_SIZE - offset ? size : FILE_SIZE - offset;
    char *from = user + test_random(5000);
    for (size_t i = 0; i < size; i++) from[i] = (char)test_random(256);
    int64_t result = file_write(handle->file, from, size);
    if (is_lack_of_memory(result)) return;
    require(result == (int64_t)size || (result > 0 && result < (int64_t)size));
    refusals += result < (int64_t)size;
    if (result == 0) return;
    memcpy(node->contents + offset, from, (size_t)result);
    handle->offset = offset + (size_t)result;
    node->size = node->size < handle->offset ? handle->offset : node->size;
}

static void do_read(struct handle *handle) {
    struct node *node = &nodes[handle->node];
    size_t size = test_random(12000);
    size_t rest = handle->offset < node->size ? node->size - handle->offset : 0;
    size_t expected = size < rest ? size : rest;
    char *to = user + test_random(5000);
    require(file_read(handle->file, to, size) == (int64_t)expected);
    require(memcmp(to, node->contents + handle->offset, expected) == 0);
    handle->offset += expected;
}

static void do_seek(struct handle *handle) {
    int whence = (int)test_random(3);
    size_t base = whence == SEEK_SET   ? 0
                  : whence == SEEK_CUR ? handle->offset
                                       : nodes[handle->node].size;
    int64_t target = (int64_t)test_random(FILE_SIZE) - (whence == SEEK_SET ? 100 : 0);
    int64_t expected = target < 0 ? -EINVAL : target;
    require(file_seek(handle->file, target - (int64_t)base, whence) == expected);
    if (expected >= 0) handle->offset = (size_t)target;
}

static void do_truncate(struct handle *handle) {
    struct node *node = &nodes[handle->node];
    struct inode *inode = handle->file->target;
    size_t size = test_random(2) ? test_random(FILE_SIZE) : 0;
    sleep_lock_acquire(&inode->lock);
    int error = inode->operations->truncate(inode, size);
    sleep_lock_release(&inode->lock);
    if (is_lack_of_memory(error)) {
        require(size > 0);
        return;
    }
    require(error == 0);
    if (size < node->size) memset(node->contents + size, 0, FILE_SIZE - size);
    node->size = size;
}

// A program begins or ends to share a page.
static void do_share(struct handle *handle) {
    struct shared_page *share = &shared[test_random(SHARED)];
    struct inode *inode = handle->file->target;
    if (share->page) {
        require(memcmp(share->page, share->copy, PAGE_SIZE) == 0);
        page_put(share->page);
    }
    sleep_lock_acquire(&inode->lock);
    share->page = inode->operations->get_page(inode, test_random(FILE_SIZE / PAGE_SIZE));
    sleep_lock_release(&inode->lock);
    if (share->page) memcpy(share->copy, share->page, PAGE_SIZE);
}

static void do_read_directory(struct handle *handle) {
    size_t count = 0;
    struct directory_entry *entry = (void *)user;
    require(file_read(handle->file, user, 10) == -EISDIR);
    handle->file->offset = 0; // as if it had just been opened
    int64_t size = file_read_entries(handle->file, user, USER_SIZE);
    for (; (char *)entry < user + size; entry++, count++) {
        int node = model_child(handle->node, entry->name, entry->length);
        require(node > 0 && entry->kind == nodes[node].kind);
    }
    require(size >= 0 && count == model_count(handle->node));
}

static void do_make_directory(const char *path) {
    struct model_target target;
    int expected = model_make_directory(path, &target);
    if (!expected && model_is_full()) return;
    int error = path_make_directory(path);
    if (is_lack_of_memory(error)) return;
    require(error == expected);
    if (!error) model_make(target.directory, target.name, target.length, FILE_KIND_DIRECTORY);
}

static void do_lookup(const char *path) {
    struct inode *inode;
    int expected = model_lookup(path), error = path_lookup(path, &inode);
    require(error == (expected < 0 ? expected : 0));
    if (error) return;
    require(inode->kind == nodes[expected].kind);
    inode_put(inode);
}

static void do_path(void) {
    const char *path = random_path();
    switch (test_random(4)) {
    case 0: do_make_directory(path); break;
    case 1: require(path_unlink(path) == model_unlink(path)); break;
    default: do_lookup(path);
    }
}

static void do_file(struct handle *handle) {
    static void (*const operations[])(struct handle *) = {
        do_write, do_write, do_write, do_read, do_read, do_seek, do_seek, do_truncate, do_share};
    operations[test_random(sizeof(operations) / sizeof(operations[0]))](handle);
}

static void do_handle(struct handle *handle) {
    if (!handle->file) {
        do_open(handle);
        return;
    }
    const struct node *node = &nodes[handle->node];
    struct stat stat = file_stat(handle->file);
    require(stat.kind == node->kind);
    require(stat.links == (handle->node == ROOT || node->parent >= 0));
    if (test_random(12) == 0) {
        do_close(handle);
    } else if (node->kind == FILE_KIND_DIRECTORY) {
        do_read_directory(handle);
    } else {
        require(stat.size == node->size);
        do_file(handle);
    }
}

// With `failing`, most operations find memory for only a few allocations, or for none.
static void run(uint64_t seed, bool failing) {
    test_random_seed(seed);
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        if (failing) host_fail_allocations_after(test_random(4) ? test_random(8) : UINT64_MAX);
        if (test_random(2))
            do_path();
        else
            do_handle(&handles[test_random(HANDLES)]);
    }
    host_fail_allocations_after(UINT64_MAX);
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].file) do_close(&handles[i]);
    for (int i = 0; i < SHARED; i++) {
        if (!shared[i].page) continue;
        require(memcmp(shared[i].page, shared[i].copy, PAGE_SIZE) == 0);
        page_put(shared[i].page);
        shared[i].page = NULL;
    }
}

// Runs and removes everything, twice: the second time no more memory may be missing than what
// object caches may hold in slabs that are filled otherwise.
static void run_without_leaks(bool failing, int seed) {
    uint64_t objects = object_count_live(), pages = 0;
    for (int i = 0; i < 2; i++) {
        run((uint64_t)seed, failing);
        remove_below("/");
        model_reset();
        ck_assert_uint_eq(object_count_live(), objects);
        ck_assert_uint_ge(pages_free() + PAGES_CACHED, pages);
        pages = pages_free();
    }
}

static void setup(void) {
    fs_setup();
    memset(long_names[0], 'l', NAME_MAX);
    memset(long_names[1], 'm', NAME_MAX + 1);
    model_reset();
}

START_TEST(random_operations) {
    run_without_leaks(false, _i);
    ck_assert_uint_eq(refusals, 0);
}
END_TEST

START_TEST(random_operations_without_memory) {
    run_without_leaks(true, _i);
    ck_assert_uint_gt(refusals, 100);
}
END_TEST

// The same on a disk, which is mounted again now and then.
START_TEST(random_operations_on_a_disk) {
    struct memory_disk disk;
    struct file_system_info before, after;
    memory_disk_make(&disk, 4096, 256, 256);
    struct file_system *mounted = disk_mount_root(&disk);
    for (int round = 0; round < 3; round++) {
        mounted->get_info(mounted, &before);
        run((uint64_t)(_i * 3 + round), _i % 2);
        uint64_t signature = disk_tree_signature();
        diskfs_unmount(mounted);
        ck_assert(disk_is_clean(disk.image, 4096));
        mounted = disk_mount_root(&disk);
        ck_assert(disk_tree_signature() == signature);
        remove_below("/");
        model_reset();
        require(disk_sync(mounted) == 0);
        mounted->get_info(mounted, &after);
        // Leaves of the root stay.
        ck_assert_uint_ge(after.blocks_free + 8, before.blocks_free);
        ck_assert_uint_eq(after.files_free, before.files_free);
    }
    diskfs_unmount(mounted);
    memory_disk_free(&disk);
}
END_TEST

Suite *ramfs_model_suite(void) {
    Suite *suite = suite_create("ramfs_model");
    TCase *tcase = tcase_create("ramfs_model");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, random_operations, 0, 8);
    tcase_add_loop_test(tcase, random_operations_without_memory, 0, 8);
    tcase_add_loop_test(tcase, random_operations_on_a_disk, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
