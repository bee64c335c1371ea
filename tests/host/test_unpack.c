// SPDX-License-Identifier: MIT
// Unpacking the ustar archive of the initial file system: good ones, every kind of bad one, and
// memory that runs out on the way.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ramfs.h"
#include "fs_support.h"

#define BLOCK 512

// An archive in memory of exactly its size, so that the sanitizer sees a read behind it.
static char *archive;
static size_t archive_size;

static void append_block(const void *bytes, size_t size) {
    archive = realloc(archive, archive_size + BLOCK);
    memset(archive + archive_size, 0, BLOCK);
    memcpy(archive + archive_size, bytes, size);
    archive_size += BLOCK;
}

static void archive_start(void) {
    free(archive);
    archive = NULL;
    archive_size = 0;
}

static void archive_end(void) {
    append_block("", 0);
    append_block("", 0);
}

static void fix_checksum(char *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (int i = 0; i < BLOCK; i++) sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
}

// Adds a member. The offset of its header.
static size_t add(const char *prefix, const char *name, char type, const char *contents) {
    char header[BLOCK] = "";
    size_t offset = archive_size, size = strlen(contents);
    strncpy(header, name, 100);
    strcpy(header + 100, "0000644");
    snprintf(header + 124, 12, "%011o", (unsigned)size);
    header[156] = type;
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    strncpy(header + 345, prefix, 155);
    fix_checksum(header);
    append_block(header, BLOCK);
    for (size_t done = 0; done < size; done += BLOCK)
        append_block(contents + done, size - done < BLOCK ? size - done : BLOCK);
    return offset;
}

static int unpack(size_t *bad_offset) {
    return ramfs_unpack(inode_root(), archive, archive_size, NULL, bad_offset);
}

static int unpack_error(void) {
    size_t bad_offset;
    return unpack(&bad_offset);
}

// Only the header at this offset is wrong.
static void expect_bad(size_t expected_offset) {
    size_t bad_offset = SIZE_MAX;
    ck_assert_int_eq(unpack(&bad_offset), -EINVAL);
    ck_assert_uint_eq(bad_offset, expected_offset);
}

static bool has_contents(const char *path, const char *contents) {
    struct file *file = file_at(path, O_RDONLY);
    int64_t size = file_read(file, user, USER_SIZE);
    file_close(file);
    return size == (int64_t)strlen(contents) && memcmp(user, contents, (size_t)size) == 0;
}

static char long_text[3 * PAGE_SIZE + 100];

static void make_good_archive(void) {
    memset(long_text, 't', sizeof(long_text) - 1);
    archive_start();
    add("", "./", '5', "");
    add("", "bin/", '5', "");
    add("", "bin/long", '0', long_text);
    add("", "./etc/rc", '\0', "echo hello\n");
    add("a/deep/place", "file", '0', "deep");
    add("", "empty", '0', "");
    archive_end();
}

static void check_good_files(void) {
    ck_assert(has_contents("/bin/long", long_text));
    ck_assert(has_contents("/etc/rc", "echo hello\n"));
    ck_assert(has_contents("/a/deep/place/file", "deep"));
    ck_assert(has_contents("/empty", ""));
}

static void new_root(void) { remove_below("/"); }

START_TEST(good_archive) {
    make_good_archive();
    ck_assert_int_eq(unpack_error(), 0);
    check_good_files();
    new_root(); // with something behind the end, as boot loaders leave it
    append_block("rubbish", 7);
    ck_assert_int_eq(unpack_error(), 0);
    check_good_files();
    new_root(); // onto what is there already
    ck_assert_int_eq(path_make_directory("/bin"), 0);
    file_make("/bin/other", "x");
    ck_assert_int_eq(unpack_error(), 0);
    check_good_files();
    ck_assert(has_contents("/bin/other", "x"));
}
END_TEST

START_TEST(paths) {
    char name[101], prefix[156], path[300];
    memset(name, 'n', 100);
    memset(prefix, 'p', 155);
    name[100] = prefix[155] = 0;
    archive_start();
    add(prefix, name, '0', "full"); // neither is terminated in the header
    add("", "/abs", '0', "absolute");
    add("", ".//x/./y", '0', "slashes");
    add("", "x//z/./", '5', "");
    archive_end();
    ck_assert_int_eq(unpack_error(), 0);
    snprintf(path, sizeof(path), "/%s/%s", prefix, name);
    ck_assert(has_contents(path, "full"));
    ck_assert(has_contents("/abs", "absolute"));
    ck_assert(has_contents("/x/y", "slashes"));
    ck_assert_int_eq(open_error("/x/z", O_DIRECTORY), 0);
}
END_TEST

START_TEST(bad_paths) {
    static const char *const files[] = {"",  ".",      "./",      "..", "../x", "x/..",
                                        "/", "x/../y", "new/../", "x/", "x/.",  "x//"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        archive_start();
        size_t offset = add("", files[i], '0', "data");
        archive_end();
        expect_bad(offset);
    }
    archive_start();
    size_t offset = add("", "new/../d", '5', "");
    archive_end();
    expect_bad(offset);
    ck_assert_int_eq(open_error("/x", O_RDONLY), -ENOENT);
    ck_assert_int_eq(open_error("/new", O_RDONLY), -ENOENT);
}
END_TEST

START_TEST(bad_types) {
    for (int type = 1; type < 256; type++) {
        if (type == '0' || type == '5') continue;
        archive_start();
        add("", "good", '0', "data");
        size_t offset = add("", "bad", (char)type, "");
        archive_end();
        new_root();
        expect_bad(offset);
        ck_assert(has_contents("/good", "data"));
    }
    archive_start();
    add("", "directory", '5', "with contents");
    archive_end();
    expect_bad(0);
}
END_TEST

START_TEST(conflicts) {
    static const struct {
        const char *first, *second;
        char first_type, second_type;
    } pairs[] = {{"x", "x", '0', '0'},
                 {"x", "x", '5', '0'},
                 {"x", "x/y", '0', '0'},
                 {"x", "x", '0', '5'},
                 {"x", "x/y/z", '0', '5'}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        new_root();
        archive_start();
        add("", pairs[i].first, pairs[i].first_type, "");
        size_t offset = add("", pairs[i].second, pairs[i].second_type, "");
        archive_end();
        expect_bad(offset);
    }
}
END_TEST

START_TEST(bad_fields) {
    static const struct {
        int offset;
        const char *text;
        size_t size;
        int error;
    } fields[] = {
        {124, "            ", 12, -EINVAL}, // size: no digits
        {124, "\0\0\0\0\0\0\0\0\0\0\0\0", 12, -EINVAL},
        {124, "0000000000x\0", 12, -EINVAL}, // not octal
        {124, "00000000008\0", 12, -EINVAL},
        {124, "-0000000004\0", 12, -EINVAL},
        {124, "\x80\0\0\0\0\0\0\0\0\0\0\x04", 12, -EINVAL}, // base 256
        {124, "777777777777", 12, -EINVAL},                 // behind the end of the archive
        {124, "00000003001\0", 12, -EINVAL},                // one more than there is
        {124, "000000000004", 12, 0},                       // fills the field
        {124, "         4 \0", 12, 0},
        {257, "ustar ", 6, -EINVAL}, // old GNU tar
        {257, "\0\0\0\0\0\0", 6, -EINVAL},
        {263, "01", 2, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        new_root();
        archive_start();
        add("", "file", '0', "data");
        memcpy(archive + fields[i].offset, fields[i].text, fields[i].size);
        fix_checksum(archive);
        archive_end();
        ck_assert_int_eq(unpack_error(), fields[i].error);
        ck_assert_int_eq(open_error("/file", O_RDONLY), fields[i].error ? -ENOENT : 0);
    }
}
END_TEST

START_TEST(bad_checksums) {
    make_good_archive();
    for (int i = 0; i < BLOCK; i++) {
        if (i >= 154 && i < 156) // what follows the checksum's digits
            continue;
        archive[i] ^= 1;
        expect_bad(0);
        archive[i] ^= 1;
    }
}
END_TEST

// However much of it is missing, what is there is either whole or refused.
START_TEST(truncated) {
    make_good_archive();
    char *whole = archive;
    size_t whole_size = archive_size;
    for (size_t size = 0; size < whole_size; size += size % BLOCK == 1 ? BLOCK - 2 : 1) {
        archive = malloc(size);
        memcpy(archive, whole, size);
        archive_size = size;
        new_root();
        size_t bad_offset = SIZE_MAX;
        ck_assert_int_eq(unpack(&bad_offset), -EINVAL);
        ck_assert_uint_le(bad_offset, size);
        free(archive);
    }
    archive = whole;
    archive_size = whole_size;
    new_root();
    ck_assert_int_eq(unpack_error(), 0);
}
END_TEST

// Random bytes in a header whose checksum is then made right again, so that the rest is reached.
START_TEST(corrupted) {
    make_good_archive();
    test_random_seed((uint64_t)_i);
    for (int round = 0; round < 3000; round++) {
        char saved[BLOCK];
        size_t header = test_random((uint32_t)(archive_size / BLOCK)) * BLOCK;
        memcpy(saved, archive + header, BLOCK);
        for (uint32_t i = test_random(4) + 1; i > 0; i--) {
            static const uint16_t fields[] = {0, 0, 124, 124, 148, 156, 257, 345, 345};
            static const uint16_t sizes[] = {100, 10, 12, 12, 8, 1, 8, 155, 10};
            uint32_t field = test_random(9);
            static const char likely[] = "01/.7 \0x";
            archive[header + fields[field] + test_random(sizes[field])] =
                test_random(2) ? likely[test_random(8)] : (char)test_random(256);
        }
        if (test_random(4)) fix_checksum(archive + header);
        new_root();
        size_t bad_offset = 0;
        int error = unpack(&bad_offset);
        require(error == 0 || error == -EINVAL);
        require(bad_offset <= archive_size);
        memcpy(archive + header, saved, BLOCK);
    }
}
END_TEST

// Whatever page is the first that is not there: files that are there are whole.
START_TEST(without_memory) {
    make_good_archive();
    int error = -ENOMEM;
    for (uint32_t pages = 0; error; pages++) {
        new_root();
        host_fail_allocations_after(pages);
        error = unpack_error();
        host_fail_allocations_after(UINT64_MAX);
        require(error == 0 || error == -ENOMEM);
        require(pages < 100);
        if (open_error("/bin/long", O_RDONLY) == 0) require(has_contents("/bin/long", long_text));
    }
    check_good_files();
}
END_TEST

Suite *unpack_suite(void) {
    Suite *suite = suite_create("unpack");
    TCase *tcase = tcase_create("unpack");
    tcase_add_checked_fixture(tcase, fs_setup, archive_start);
    tcase_set_timeout(tcase, 60);
    const TTest *tests[] = {good_archive, paths,         bad_paths, bad_types,     conflicts,
                            bad_fields,   bad_checksums, truncated, without_memory};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, corrupted, 0, 8);
    suite_add_tcase(suite, tcase);
    return suite;
}
