// SPDX-License-Identifier: MIT
// What a file system must bear: a directory of ten thousand names, a file of a gibibyte with
// nothing in it, and being full. On the disk where there is one.
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HOME    "/disk-test"
#define NAMES   10000
#define SPARSE  (INT64_C(1) << 30)
#define BLOCK   4096
#define AT_ONCE (16 * BLOCK)

static char buffer[AT_ONCE];

static bool is_disk(void) {
    struct file_system_info info;
    CHECK_EQUAL(sys(file_system_info, "/", &info), 0);
    return strcmp(info.type, "disk") == 0;
}

static const char *name_of(int i) {
    static char path[64];
    snprintf(path, sizeof(path), HOME "/file-%d", i);
    return path;
}

static void test_many_names(void) {
    int count = is_disk() ? NAMES : 1000;
    CHECK_EQUAL(sys(mkdir, HOME), 0);
    for (int i = 0; i < count; i++) {
        int64_t slot = NEED(sys(open, name_of(i), O_WRONLY | O_CREAT | O_EXCL));
        sys(close, slot);
    }
    for (int i = count - 1; i >= 0; i -= 7) {
        int64_t slot = NEED(sys(open, name_of(i), O_RDONLY));
        sys(close, slot);
    }
    CHECK_ERROR(sys(open, name_of(count), O_RDONLY), ENOENT);
    for (int i = 0; i < count; i++) CHECK_EQUAL(sys(unlink, name_of(i)), 0);
    CHECK_EQUAL(sys(unlink, HOME), 0);
}

static void test_sparse(void) {
    struct stat status;
    int64_t slot = NEED(sys(open, HOME, O_RDWR | O_CREAT | O_EXCL));
    CHECK_EQUAL(sys(lseek, slot, SPARSE - 1, SEEK_SET), SPARSE - 1);
    check_write_all(slot, "x", 1);
    CHECK_EQUAL(sys(fstat, slot, &status), 0);
    CHECK_EQUAL(status.size, SPARSE);
    for (int64_t at = 0; at + BLOCK < SPARSE; at += SPARSE / 13) {
        memset(buffer, 1, BLOCK);
        CHECK_EQUAL(sys(lseek, slot, at, SEEK_SET), at);
        check_read_all(slot, buffer, BLOCK);
        for (int i = 0; i < BLOCK; i++) CHECK(buffer[i] == 0);
    }
    CHECK_EQUAL(sys(lseek, slot, SPARSE - 1, SEEK_SET), SPARSE - 1);
    CHECK_EQUAL(sys(read, slot, buffer, BLOCK), 1);
    CHECK(buffer[0] == 'x');
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, HOME), 0);
}

static void test_full(void) {
    struct file_system_info before, after;
    int64_t written, total = 0;
    if (!is_disk()) return; // memory is used up by other tests
    CHECK_EQUAL(sys(sync), 0);
    CHECK_EQUAL(sys(file_system_info, "/", &before), 0);
    int64_t slot = NEED(sys(open, HOME, O_RDWR | O_CREAT | O_EXCL));
    pattern_fill(buffer, sizeof(buffer), 1);
    while ((written = sys(write, slot, buffer, sizeof(buffer))) > 0) total += written;
    CHECK_EQUAL(written, -ENOSPC);
    CHECK(total > 0 && total <= (int64_t)(before.blocks_free * before.block_size));
    CHECK_EQUAL(sys(write, slot, buffer, 1), -ENOSPC);
    int64_t result = sys(mkdir, "/disk-test-directory"); // an empty one may need no block
    CHECK(result == 0 || result == -ENOSPC);
    if (result == 0) CHECK_EQUAL(sys(unlink, "/disk-test-directory"), 0);
    check_note("what was written is there, and the room comes back");
    CHECK_EQUAL(sys(lseek, slot, 0, SEEK_SET), 0);
    check_read_all(slot, buffer, sizeof(buffer));
    CHECK(pattern_is(buffer, sizeof(buffer), 1));
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, HOME), 0);
    CHECK_EQUAL(sys(sync), 0);
    CHECK_EQUAL(sys(file_system_info, "/", &after), 0);
    CHECK(after.blocks_free + 16 >= before.blocks_free);
}

// Nearly all of memory is to be had though the disk's cache has filled it, and what was in the
// cache is read again.
static void test_cache_gives_way(void) {
    struct file_system_info disk;
    if (!is_disk()) return;
    CHECK_EQUAL(sys(file_system_info, "/", &disk), 0);
    struct system_info info = system_now();
    uint64_t size = info.pages_total < disk.blocks_free ? info.pages_total : disk.blocks_free;
    size = size / 2 * BLOCK;
    int64_t slot = NEED(sys(open, HOME, O_RDWR | O_CREAT | O_EXCL));
    pattern_fill(buffer, sizeof(buffer), 2);
    for (uint64_t done = 0; done < size; done += sizeof(buffer))
        check_write_all(slot, buffer, sizeof(buffer));
    CHECK_EQUAL(sys(fsync, slot), 0);
    info = system_now();
    CHECK(info.pages_cached >= size / BLOCK);
    int64_t pid = check_fork();
    if (pid == 0) {
        int64_t bytes = (int64_t)(info.pages_free + info.pages_cached / 2) * BLOCK;
        int64_t start = NEED(sys(sbrk, bytes));
        for (int64_t at = start; at < start + bytes; at += BLOCK) *(volatile char *)at = 1;
        sys(exit, 7);
    }
    CHECK_EQUAL(check_wait(pid), 7);
    CHECK(system_now().pages_cached < info.pages_cached);
    CHECK_EQUAL(sys(lseek, slot, 0, SEEK_SET), 0);
    for (uint64_t done = 0; done < size; done += sizeof(buffer)) {
        check_read_all(slot, buffer, sizeof(buffer));
        CHECK(pattern_is(buffer, sizeof(buffer), 2));
    }
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, HOME), 0);
}

static const struct test_case cases[] = {
    {"many_names", test_many_names},
    {"sparse", test_sparse},
    {"full", test_full},
    {"cache_gives_way", test_cache_gives_way},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
