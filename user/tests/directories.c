// SPDX-License-Identifier: MIT
// Tests of the name tree: mkdir, unlink, read_directory, fstat of directories, and many names.
#include "check.h"

#include <stdio.h>
#include <string.h>

#define DIRECTORY "/directory-test"

static struct directory_entry entries[8];

static void directory_make(void) { CHECK_EQUAL(sys(mkdir, DIRECTORY), 0); }

static void directory_remove(void) { CHECK_EQUAL(sys(unlink, DIRECTORY), 0); }

// How often a name comes up when the whole directory is read, `batch` entries at a time.
static int directory_count(const char *name, int batch, int *total) {
    int64_t slot = NEED(sys(open, DIRECTORY, O_RDONLY));
    int found = 0;
    *total = 0;
    for (;;) {
        int64_t size = NEED(sys(read_directory, slot, entries, batch * sizeof(entries[0])));
        if (size == 0) break;
        CHECK_EQUAL(size % sizeof(entries[0]), 0);
        for (size_t i = 0; i < size / sizeof(entries[0]); i++) {
            CHECK_EQUAL(entries[i].length, strlen(entries[i].name));
            CHECK(entries[i].inode != 0);
            (*total)++;
            found += strcmp(entries[i].name, name) == 0;
        }
    }
    table_close(slot, slot);
    return found;
}

static void test_mkdir(void) {
    directory_make();
    CHECK_ERROR(sys(mkdir, DIRECTORY), EEXIST);
    CHECK_ERROR(sys(mkdir, "/"), EEXIST);
    CHECK_ERROR(sys(mkdir, "/dev/null"), EEXIST);
    CHECK_ERROR(sys(mkdir, "/dev/null/x"), ENOTDIR);
    CHECK_ERROR(sys(mkdir, "/missing/x"), ENOENT);
    CHECK_ERROR(sys(mkdir, ""), ENOENT);
    CHECK_EQUAL(sys(mkdir, DIRECTORY "/inner"), 0);
    CHECK_ERROR(sys(unlink, DIRECTORY), ENOTEMPTY);
    CHECK_ERROR(sys(open, DIRECTORY "/inner", O_WRONLY), EISDIR);
    CHECK_EQUAL(sys(unlink, DIRECTORY "/inner"), 0);
    directory_remove();
    CHECK_ERROR(sys(open, DIRECTORY, O_RDONLY), ENOENT);
}

static void test_unlink_errors(void) {
    CHECK_ERROR(sys(unlink, "/missing"), ENOENT);
    CHECK_ERROR(sys(unlink, "/missing/x"), ENOENT);
    CHECK_ERROR(sys(unlink, ""), ENOENT);
    CHECK_ERROR(sys(unlink, "/dev/null/x"), ENOTDIR);
    check_note("the root stays");
    CHECK(sys(unlink, "/") < 0);
    CHECK(sys(unlink, "/.") < 0);
    CHECK(sys(unlink, "/..") < 0);
    directory_make();
    CHECK(sys(unlink, DIRECTORY "/.") < 0);
    CHECK(sys(unlink, DIRECTORY "/..") < 0);
    CHECK_ERROR(sys(open, DIRECTORY "/..", O_RDONLY | O_CREAT | O_EXCL), EEXIST);
    directory_remove();
}

static void test_fstat(void) {
    directory_make();
    check_make_file(DIRECTORY "/file", "12345", 5);
    struct stat file, directory, pipe_stat;
    int64_t slot = NEED(sys(open, DIRECTORY "/file", O_RDONLY));
    CHECK_EQUAL(sys(fstat, slot, &file), 0);
    CHECK_EQUAL(file.kind, FILE_KIND_REGULAR);
    CHECK_EQUAL(file.size, 5);
    CHECK_EQUAL(file.links, 1);
    CHECK_EQUAL(file.reserved, 0);
    table_close(slot, slot);
    slot = NEED(sys(open, DIRECTORY, O_RDONLY));
    CHECK_EQUAL(sys(fstat, slot, &directory), 0);
    CHECK_EQUAL(directory.kind, FILE_KIND_DIRECTORY);
    CHECK(directory.inode != file.inode);
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    CHECK_EQUAL(sys(write, ends[1], "abc", 3), 3);
    CHECK_EQUAL(sys(fstat, ends[0], &pipe_stat), 0);
    CHECK_EQUAL(pipe_stat.kind, FILE_KIND_PIPE);
    CHECK_EQUAL(pipe_stat.size, 3);
    CHECK_EQUAL(sys(unlink, DIRECTORY "/file"), 0);
    directory_remove();
}

static void test_read_directory(void) {
    directory_make();
    int total;
    CHECK_EQUAL(directory_count("file-3", 8, &total), 0);
    int empty = total; // "." and "..", if this file system lists them
    char path[64];
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), DIRECTORY "/file-%d", i);
        check_make_file(path, "x", 1);
    }
    for (int batch = 1; batch <= 8; batch += 7) {
        check_note("%d at a time", batch);
        CHECK_EQUAL(directory_count("file-0", batch, &total), 1);
        CHECK_EQUAL(total, empty + 40);
        CHECK_EQUAL(directory_count("file-39", batch, &total), 1);
        CHECK_EQUAL(directory_count("file-4", batch, &total), 1);
        CHECK_EQUAL(directory_count("file-40", batch, &total), 0);
    }
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), DIRECTORY "/file-%d", i);
        CHECK_EQUAL(sys(unlink, path), 0);
    }
    CHECK_EQUAL(directory_count("file-0", 8, &total), 0);
    CHECK_EQUAL(total, empty);
    directory_remove();
}

static void test_read_directory_errors(void) {
    int64_t slot = NEED(sys(open, "/dev", O_RDONLY));
    CHECK_ERROR(sys(read_directory, slot, entries, 0), EINVAL);
    CHECK_ERROR(sys(read_directory, slot, entries, sizeof(entries[0]) - 1), EINVAL);
    check_note("part of an entry is not used");
    memset(entries, 0x55, sizeof(entries));
    CHECK_EQUAL(sys(read_directory, slot, entries, 2 * sizeof(entries[0]) - 1), sizeof(entries[0]));
    CHECK_EQUAL(((unsigned char *)entries)[sizeof(entries[0])], 0x55);
    check_note("a directory is not read as bytes");
    CHECK_ERROR(sys(read, slot, entries, 10), EISDIR);
    int64_t file = NEED(sys(open, "/dev/null", O_RDONLY));
    CHECK_ERROR(sys(read_directory, file, entries, sizeof(entries)), ENOTDIR);
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    CHECK_ERROR(sys(read_directory, ends[0], entries, sizeof(entries)), ENOTDIR);
    check_note("names end in zeros, and so does what is behind them");
    int64_t again = NEED(sys(open, "/dev", O_RDONLY));
    memset(entries, 0x55, sizeof(entries));
    CHECK_EQUAL(sys(read_directory, again, entries, sizeof(entries[0])), sizeof(entries[0]));
    for (size_t i = entries[0].length; i < sizeof(entries[0].name); i++)
        CHECK_EQUAL(entries[0].name[i], 0);
}

static void test_removed_directory(void) {
    directory_make();
    int64_t slot = NEED(sys(open, DIRECTORY, O_RDONLY));
    directory_remove();
    struct stat stat;
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    int64_t size = sys(read_directory, slot, entries, sizeof(entries));
    CHECK(size == 0 || size == -ENOENT || size % (int64_t)sizeof(entries[0]) == 0);
    CHECK_ERROR(sys(open, DIRECTORY "/x", O_RDWR | O_CREAT), ENOENT);
}

static void test_deep_tree(void) {
    static char path[PATH_MAX];
    int depth = 0;
    size_t length = 0;
    while (length + 8 < sizeof(path)) {
        length += (size_t)snprintf(path + length, sizeof(path) - length, "/d%d", depth % 10);
        CHECK_EQUAL(sys(mkdir, path), 0);
        depth++;
    }
    CHECK(depth > 300);
    int64_t slot = NEED(sys(open, path, O_RDONLY | O_DIRECTORY));
    table_close(slot, slot);
    CHECK_ERROR(sys(unlink, "/d0"), ENOTEMPTY);
    while (depth-- > 0) {
        CHECK_EQUAL(sys(unlink, path), 0);
        *strrchr(path, '/') = 0;
    }
}

// A directory is changed while another process reads it: every name that stays is seen once.
static void test_concurrent_names(void) {
    directory_make();
    check_make_file(DIRECTORY "/stays", "", 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        char path[64];
        for (int i = 0; i < 300; i++) {
            snprintf(path, sizeof(path), DIRECTORY "/n%d", i % 7);
            check_make_file(path, "y", 1);
            CHECK_EQUAL(sys(unlink, path), 0);
        }
        sys(exit, 0);
    }
    int total;
    for (int i = 0; i < 100; i++) CHECK_EQUAL(directory_count("stays", 3, &total), 1);
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK_EQUAL(sys(unlink, DIRECTORY "/stays"), 0);
    directory_remove();
}

// O_EXCL elects exactly one of several processes.
static void test_exclusive_create(void) {
    for (int round = 0; round < 20; round++) {
        int64_t children[4];
        for (int i = 0; i < 4; i++) {
            children[i] = check_fork();
            if (children[i] == 0) {
                int64_t slot = sys(open, "/elected", O_WRONLY | O_CREAT | O_EXCL);
                CHECK(slot >= 0 || slot == -EEXIST);
                sys(exit, slot >= 0 ? 1 : 0);
            }
        }
        int64_t winners = 0;
        for (int i = 0; i < 4; i++) winners += check_wait(children[i]);
        CHECK_EQUAL(winners, 1);
        CHECK_EQUAL(sys(unlink, "/elected"), 0);
    }
}

static const struct test_case cases[] = {
    {"mkdir", test_mkdir},
    {"unlink_errors", test_unlink_errors},
    {"fstat", test_fstat},
    {"read_directory", test_read_directory},
    {"read_directory_errors", test_read_directory_errors},
    {"removed_directory", test_removed_directory},
    {"deep_tree", test_deep_tree},
    {"concurrent_names", test_concurrent_names},
    {"exclusive_create", test_exclusive_create},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
