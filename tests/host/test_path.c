// SPDX-License-Identifier: MIT
// Paths and the calls that take them: every documented error, and that a failing call leaves
// nothing behind.
#include <stdio.h>
#include <string.h>

#include "fs/device.h"
#include "fs/ramfs.h"
#include "fs_support.h"

static char long_name[NAME_MAX + 2]; // one too long

static void setup(void) {
    fs_setup();
    memset(long_name, 'n', NAME_MAX + 1);
    ck_assert_int_eq(path_make_directory("/bin"), 0);
    ck_assert_int_eq(path_make_directory("/bin/deep"), 0);
    file_make("/bin/sh", "shell");
    file_make("/note", "a note");
}

static int lookup_error(const char *path) {
    struct inode *inode;
    int error = path_lookup(path, &inode);
    if (!error) inode_put(inode);
    return error;
}

static uint64_t number_of(const char *path) {
    struct inode *inode;
    ck_assert_int_eq(path_lookup(path, &inode), 0);
    uint64_t number = inode->number;
    inode_put(inode);
    return number;
}

START_TEST(lookup_finds) {
    uint64_t root = number_of("/"), sh = number_of("/bin/sh");
    ck_assert_uint_ne(root, sh);
    const char *roots[] = {"//", ".", "./", "..", "/..", "/../..", "/bin/..", "bin/deep/../../."};
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        ck_assert_uint_eq(number_of(roots[i]), root);
    const char *shells[] = {"bin/sh", "//bin///sh", "/./bin/./sh", "/bin/deep/../sh", "/../bin/sh"};
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        ck_assert_uint_eq(number_of(shells[i]), sh);
    ck_assert_uint_eq(number_of("/bin/"), number_of("/bin"));
    ck_assert_uint_eq(number_of("/bin/."), number_of("/bin"));
}
END_TEST

START_TEST(lookup_fails) {
    char path[NAME_MAX + 16];
    ck_assert_int_eq(lookup_error(""), -ENOENT);
    ck_assert_int_eq(lookup_error("/no"), -ENOENT);
    ck_assert_int_eq(lookup_error("/no/such"), -ENOENT);
    ck_assert_int_eq(lookup_error("/b"), -ENOENT);
    ck_assert_int_eq(lookup_error("/bin/s"), -ENOENT);
    ck_assert_int_eq(lookup_error("/bin/shh"), -ENOENT);
    ck_assert_int_eq(lookup_error("/note/"), -ENOTDIR);
    ck_assert_int_eq(lookup_error("/note/."), -ENOTDIR);
    ck_assert_int_eq(lookup_error("/note/.."), -ENOTDIR);
    ck_assert_int_eq(lookup_error("/note/x"), -ENOTDIR);
    snprintf(path, sizeof(path), "/%s", long_name);
    ck_assert_int_eq(lookup_error(path), -ENAMETOOLONG);
    snprintf(path, sizeof(path), "/%s", long_name + 1);
    ck_assert_int_eq(lookup_error(path), -ENOENT);
    snprintf(path, sizeof(path), "/%s/x", long_name);
    ck_assert_int_eq(lookup_error(path), -ENAMETOOLONG);
    snprintf(path, sizeof(path), "/note/%s", long_name);
    ck_assert_int_eq(lookup_error(path), -ENOTDIR);
}
END_TEST

START_TEST(names_up_to_the_longest) {
    char path[NAME_MAX + 2] = "/";
    for (size_t length = 1; length <= NAME_MAX; length++) {
        memset(path + 1, 'x', length);
        path[length + 1] = 0;
        file_make(path, path + length);
        ck_assert_int_eq(open_error(path, O_CREAT | O_EXCL | O_RDWR), -EEXIST);
    }
    for (size_t length = NAME_MAX; length > 0; length--) {
        path[length + 1] = 0;
        ck_assert_int_eq(path_unlink(path), 0);
        ck_assert_int_eq(lookup_error(path), -ENOENT);
        memset(path + length, 0, 2);
    }
}
END_TEST

START_TEST(open_checks_flags) {
    const uint32_t senseless[] = {
        O_ACCMODE,          O_ACCMODE | O_CREAT,           0x4, 0x8, 0x800, 1u << 31,
        O_RDONLY | O_TRUNC, O_RDWR | O_CREAT | O_DIRECTORY};
    for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
        ck_assert_int_eq(open_error("/note", senseless[i]), -EINVAL);
        ck_assert_int_eq(open_error("/new", senseless[i]), -EINVAL);
    }
    ck_assert_int_eq(lookup_error("/new"), -ENOENT);
    ck_assert_int_eq(open_error("/note", O_RDWR | O_EXCL | O_CLOEXEC | O_GRANT | O_APPEND), 0);
    ck_assert_uint_eq(file_rights_of_flags(O_RDONLY), CAP_READ);
    ck_assert_uint_eq(file_rights_of_flags(O_WRONLY | O_CREAT), CAP_WRITE);
    ck_assert_uint_eq(file_rights_of_flags(O_RDWR), CAP_READ | CAP_WRITE);
    ck_assert_uint_eq(file_rights_of_flags(O_RDWR | O_GRANT), CAP_READ | CAP_WRITE | CAP_GRANT);
}
END_TEST

START_TEST(open_of_directories) {
    ck_assert_int_eq(open_error("/bin", O_RDONLY), 0);
    ck_assert_int_eq(open_error("/bin/", O_RDONLY | O_DIRECTORY), 0);
    ck_assert_int_eq(open_error("/", O_RDONLY | O_DIRECTORY), 0);
    ck_assert_int_eq(open_error("/note", O_RDONLY | O_DIRECTORY), -ENOTDIR);
    ck_assert_int_eq(open_error("/note/", O_RDONLY), -ENOTDIR);
    ck_assert_int_eq(open_error("/bin", O_WRONLY), -EISDIR);
    ck_assert_int_eq(open_error("/bin", O_RDWR | O_TRUNC), -EISDIR);
    ck_assert_int_eq(open_error("/bin", O_RDONLY | O_CREAT), -EISDIR);
    ck_assert_int_eq(open_error("/", O_RDONLY | O_CREAT), -EISDIR);
    ck_assert_int_eq(open_error("/bin/..", O_RDONLY | O_CREAT), -EISDIR);
    ck_assert_int_eq(open_error("/bin/.", O_RDONLY | O_CREAT | O_EXCL), -EEXIST);
    ck_assert_int_eq(open_error("/bin", O_RDONLY | O_CREAT | O_EXCL), -EEXIST);
}
END_TEST

START_TEST(open_creates) {
    ck_assert_int_eq(open_error("/new", O_WRONLY), -ENOENT);
    ck_assert_int_eq(open_error("/new/", O_WRONLY | O_CREAT), -EISDIR);
    ck_assert_int_eq(open_error("/no/new", O_WRONLY | O_CREAT), -ENOENT);
    ck_assert_int_eq(open_error("/note/new", O_WRONLY | O_CREAT), -ENOTDIR);
    ck_assert_int_eq(open_error("/note/", O_WRONLY | O_CREAT), -ENOTDIR);
    ck_assert_int_eq(open_error("", O_WRONLY | O_CREAT), -ENOENT);
    char path[NAME_MAX + 16];
    snprintf(path, sizeof(path), "/bin/%s", long_name);
    ck_assert_int_eq(open_error(path, O_WRONLY | O_CREAT), -ENAMETOOLONG);
    ck_assert_int_eq(lookup_error("/new"), -ENOENT);
    ck_assert_int_eq(open_error("/new", O_WRONLY | O_CREAT | O_EXCL), 0);
    ck_assert_int_eq(open_error("/new", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
    ck_assert_int_eq(open_error("/new", O_RDONLY | O_CREAT), 0);
}
END_TEST

START_TEST(open_truncates) {
    file_close(file_at("/note", O_WRONLY));
    struct file *file = file_at("/note", O_RDWR | O_CREAT);
    ck_assert_uint_eq(file_stat(file).size, 6);
    ck_assert_int_eq(open_error("/note", O_WRONLY | O_TRUNC | O_CREAT | O_EXCL), -EEXIST);
    ck_assert_uint_eq(file_stat(file).size, 6);
    ck_assert_int_eq(open_error("/note", O_WRONLY | O_TRUNC), 0);
    ck_assert_uint_eq(file_stat(file).size, 0);
    file_close(file);
}
END_TEST

START_TEST(make_directory) {
    ck_assert_int_eq(path_make_directory("/new//"), 0);
    ck_assert_int_eq(path_make_directory("/new"), -EEXIST);
    ck_assert_int_eq(path_make_directory("/note"), -EEXIST);
    ck_assert_int_eq(path_make_directory("/"), -EEXIST);
    ck_assert_int_eq(path_make_directory("/new/."), -EEXIST);
    ck_assert_int_eq(path_make_directory("/new/.."), -EEXIST);
    ck_assert_int_eq(path_make_directory(""), -ENOENT);
    ck_assert_int_eq(path_make_directory("/no/such"), -ENOENT);
    ck_assert_int_eq(path_make_directory("/note/x"), -ENOTDIR);
    char path[NAME_MAX + 16];
    snprintf(path, sizeof(path), "/%s", long_name);
    ck_assert_int_eq(path_make_directory(path), -ENAMETOOLONG);
    ck_assert_int_eq(path_make_directory(path + 1), -ENAMETOOLONG);
}
END_TEST

START_TEST(unlink_removes) {
    ck_assert_int_eq(path_unlink("/"), -EBUSY);
    ck_assert_int_eq(path_unlink("/bin/."), -EINVAL);
    ck_assert_int_eq(path_unlink("/bin/.."), -EINVAL);
    ck_assert_int_eq(path_unlink(""), -ENOENT);
    ck_assert_int_eq(path_unlink("/no"), -ENOENT);
    ck_assert_int_eq(path_unlink("/no/x"), -ENOENT);
    ck_assert_int_eq(path_unlink("/note/"), -ENOTDIR);
    ck_assert_int_eq(path_unlink("/note/x"), -ENOTDIR);
    ck_assert_int_eq(path_unlink("/bin"), -ENOTEMPTY);
    ck_assert_int_eq(path_unlink("/bin/deep/"), 0);
    ck_assert_int_eq(path_unlink("/bin"), -ENOTEMPTY);
    ck_assert_int_eq(path_unlink("/bin/sh"), 0);
    ck_assert_int_eq(path_unlink("/bin"), 0);
    ck_assert_int_eq(lookup_error("/bin"), -ENOENT);
    ck_assert_int_eq(path_unlink("/note"), 0);
}
END_TEST

// A directory that is removed while it is open stays readable, and nothing can be made in it.
START_TEST(removed_directory) {
    struct file *file = file_at("/bin/deep", O_RDONLY);
    struct inode *directory = file->target, *found;
    ck_assert_int_eq(path_unlink("/bin/deep"), 0);
    ck_assert_uint_eq(file_stat(file).links, 0);
    ck_assert_int_eq(file_read_entries(file, user, PAGE_SIZE), 0);
    sleep_lock_acquire(&directory->lock);
    ck_assert_int_eq(directory->operations->lookup(directory, "..", 2, &found), -ENOENT);
    ck_assert_int_eq(directory->operations->lookup(directory, "x", 1, &found), -ENOENT);
    sleep_lock_release(&directory->lock);
    file_close(file);
}
END_TEST

START_TEST(removed_file_stays_open) {
    struct file *file = file_at("/note", O_RDWR);
    ck_assert_int_eq(path_unlink("/note"), 0);
    file_make("/note", "another");
    ck_assert_int_eq(file_read(file, user, 100), 6);
    ck_assert(memcmp(user, "a note", 6) == 0);
    ck_assert_uint_eq(file_stat(file).links, 0);
    file_close(file);
}
END_TEST

static size_t entries_read(struct file *file, size_t size, char *names) {
    int64_t result = file_read_entries(file, user, size);
    ck_assert_int_ge(result, 0);
    ck_assert_uint_eq((size_t)result % sizeof(struct directory_entry), 0);
    const struct directory_entry *entries = (const void *)user;
    size_t count = (size_t)result / sizeof(*entries);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(strlen(entries[i].name), entries[i].length);
        strcat(strcat(names, entries[i].name), " ");
    }
    return count;
}

START_TEST(read_directory) {
    char names[64] = "";
    const size_t size = sizeof(struct directory_entry);
    struct file *file = file_at("/bin", O_RDONLY);
    ck_assert_int_eq(file_read_entries(file, user, size - 1), -EINVAL);
    ck_assert_int_eq(file_read_entries(file, user, SIZE_MAX), -EINVAL);
    ck_assert_int_eq(file_read_entries(file, user + USER_SIZE, size), -EFAULT);
    ck_assert_uint_eq(entries_read(file, 2 * size - 1, names), 1);
    ck_assert_uint_eq(entries_read(file, PAGE_SIZE, names), 1);
    ck_assert_uint_eq(entries_read(file, PAGE_SIZE, names), 0);
    ck_assert_str_eq(names, "deep sh ");
    ck_assert_int_eq(file_read(file, user, 10), -EISDIR);
    ck_assert_ptr_null(file->operations->seek);
    ck_assert_uint_eq(file_stat(file).kind, FILE_KIND_DIRECTORY);
    ck_assert_uint_eq(file_stat(file).size, 2 * size);
    file_close(file);
    file = file_at("/note", O_RDONLY);
    ck_assert_ptr_null(file->operations->read_directory);
    file_close(file);
}
END_TEST

static int64_t device_read(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    (void)ref, (void)buffer;
    return (int64_t)size + 1000;
}

static int64_t device_control(const struct cap_ref *ref, int64_t request, int64_t argument) {
    (void)ref;
    return request * argument;
}

START_TEST(devices) {
    static const struct cap_ref own;
    static const struct device readable = {.name = "readable", .read = device_read};
    static const struct device writable = {
        .name = "writable", .write = device_read, .control = device_control};
    uint32_t first = 0;
    while (device_at(first)) first++;
    device_register(&readable);
    device_register(&writable);
    ck_assert_ptr_eq(device_at(first + 1), &writable);
    ck_assert_ptr_null(device_at(first + 2));
    ck_assert_int_eq(ramfs_populate_devices(), 0);
    struct file *file = file_at("/dev/readable", O_RDWR);
    ck_assert_int_eq(file_read(file, user, 7), 1007);
    ck_assert_int_eq(file_read(file, user, 0), 0);
    ck_assert_int_eq(file_write(file, user, 7), -EINVAL);
    ck_assert_int_eq(file->operations->control(file, &own, 3, 4), -ENOTTY);
    ck_assert_uint_eq(file_stat(file).kind, FILE_KIND_DEVICE);
    file_close(file);
    file = file_at("/dev/writable", O_WRONLY | O_CREAT | O_TRUNC);
    ck_assert_int_eq(file_write(file, user, 7), 1007);
    ck_assert_int_eq(file->operations->control(file, &own, 3, 4), 12);
    ck_assert_int_eq(path_unlink("/dev/writable"), 0);
    ck_assert_int_eq(file_write(file, user, 8), 1008);
    file_close(file);
    ck_assert_int_eq(open_error("/dev/readable", O_RDONLY | O_DIRECTORY), -ENOTDIR);
}
END_TEST

START_TEST(files_say_their_name) {
    char name[32];
    struct file *file = file_at("/bin/sh", O_RDONLY);
    file->object.type->describe(&file->object, name, sizeof(name));
    ck_assert_str_eq(name, "/bin/sh");
    file_close(file);
    file = file_at("//.//.//.//.//.//.//.//.//.//.//.//.//.", O_RDONLY);
    file->object.type->describe(&file->object, name, sizeof(name));
    ck_assert_str_eq(name, "//.//.//.//.//.//.//.//.//.//./");
    file_close(file);
}
END_TEST

Suite *path_suite(void) {
    Suite *suite = suite_create("path");
    TCase *tcase = tcase_create("path");
    tcase_add_checked_fixture(tcase, setup, NULL);
    const TTest *tests[] = {lookup_finds,      lookup_fails,        names_up_to_the_longest,
                            open_checks_flags, open_creates,        open_of_directories,
                            open_truncates,    make_directory,      unlink_removes,
                            removed_directory, read_directory,      removed_file_stays_open,
                            devices,           files_say_their_name};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}
