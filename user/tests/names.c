// SPDX-License-Identifier: MIT
// Names: several of one file, moving them, the current directory, sizes and what is durable.
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOME "/names-test"

static struct stat stat_of(const char *path) {
    struct stat status;
    CHECK_EQUAL(stat(path, &status), 0);
    return status;
}

static bool exists(const char *path) {
    int64_t slot = sys(open, path, O_RDONLY);
    if (slot >= 0) table_close(slot, slot);
    return slot >= 0;
}

// Each case has a directory to itself, in which it is.
static void enter(void) {
    CHECK_EQUAL(sys(mkdir, HOME), 0);
    CHECK_EQUAL(sys(chdir, HOME), 0);
}

static void leave(void) {
    CHECK_EQUAL(sys(chdir, "/"), 0);
    CHECK_EQUAL(sys(unlink, HOME), 0);
}

// ---- link --------------------------------------------------------------------------------------

static void test_link(void) {
    char text[8] = "";
    enter();
    check_make_file("a", "shared", 6);
    CHECK_EQUAL(sys(link, "a", "b"), 0);
    CHECK_EQUAL(stat_of("a").links, 2);
    CHECK_EQUAL(stat_of("a").inode, stat_of("b").inode);
    check_note("one file: what is written through one name is read through the other");
    int64_t slot = NEED(sys(open, "b", O_WRONLY));
    check_write_all(slot, "SH", 2);
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, "a"), 0);
    CHECK_EQUAL(stat_of("b").links, 1);
    slot = NEED(sys(open, "b", O_RDONLY));
    check_read_all(slot, text, 6);
    CHECK_STRING(text, "SHared");
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, "b"), 0);
    leave();
}

static void test_link_errors(void) {
    enter();
    check_make_file("a", "", 0);
    CHECK_EQUAL(sys(mkdir, "d"), 0);
    CHECK_ERROR(sys(link, "missing", "b"), ENOENT);
    CHECK_ERROR(sys(link, "a/x", "b"), ENOTDIR);
    CHECK_ERROR(sys(link, "d", "b"), EPERM);
    CHECK_ERROR(sys(link, "a", "missing/b"), ENOENT);
    CHECK_ERROR(sys(link, "a", "a/b"), ENOTDIR);
    CHECK_ERROR(sys(link, "a", "d"), EEXIST);
    CHECK_ERROR(sys(link, "a", "a"), EEXIST);
    CHECK_ERROR(sys(link, "a", "."), EEXIST);
    CHECK_ERROR(sys(link, "a", "b/"), ENOENT);
    CHECK_ERROR(sys(link, "a", ""), ENOENT);
    CHECK_EQUAL(stat_of("a").links, 1);
    CHECK_EQUAL(sys(unlink, "a"), 0);
    CHECK_EQUAL(sys(unlink, "d"), 0);
    leave();
}

// ---- rename ------------------------------------------------------------------------------------

static void test_rename(void) {
    enter();
    check_make_file("a", "a", 1);
    check_make_file("b", "bb", 2);
    uint64_t number = stat_of("a").inode;
    CHECK_EQUAL(sys(rename, "a", "c"), 0);
    CHECK(!exists("a"));
    CHECK_EQUAL(stat_of("c").inode, number);
    check_note("over another file, which stays while it is open");
    int64_t slot = NEED(sys(open, "b", O_RDONLY));
    CHECK_EQUAL(sys(rename, "c", "b"), 0);
    CHECK_EQUAL(stat_of("b").size, 1);
    char text[3] = "";
    check_read_all(slot, text, 2);
    CHECK_STRING(text, "bb");
    table_close(slot, slot);
    check_note("to itself, and to another name of itself: nothing");
    CHECK_EQUAL(sys(rename, "b", "b"), 0);
    CHECK_EQUAL(sys(link, "b", "e"), 0);
    CHECK_EQUAL(sys(rename, "b", "e"), 0);
    CHECK(exists("b") && exists("e"));
    CHECK_EQUAL(sys(unlink, "b"), 0);
    CHECK_EQUAL(sys(unlink, "e"), 0);
    leave();
}

static void test_rename_directories(void) {
    enter();
    CHECK_EQUAL(sys(mkdir, "a"), 0);
    CHECK_EQUAL(sys(mkdir, "b"), 0);
    CHECK_EQUAL(sys(mkdir, "a/x"), 0);
    check_make_file("a/x/file", "", 0);
    CHECK_EQUAL(sys(rename, "a/x", "b/y"), 0);
    CHECK(exists("b/y/file") && !exists("a/x"));
    CHECK_EQUAL(stat_of("b/y/..").inode, stat_of("b").inode);
    check_note("over an empty directory only");
    CHECK_ERROR(sys(rename, "a", "b"), ENOTEMPTY);
    CHECK_EQUAL(sys(rename, "b", "a"), 0);
    CHECK(exists("a/y/file") && !exists("b"));
    check_note("not below itself");
    CHECK_ERROR(sys(rename, "a", "a/y/z"), EINVAL);
    CHECK_ERROR(sys(rename, "a", "a/z"), EINVAL);
    CHECK_ERROR(sys(rename, "a/y", "a"), ENOTEMPTY);
    CHECK_EQUAL(sys(rename, "a/y/file", "a/file"), 0);
    CHECK_EQUAL(sys(rename, "a/y/", "z/"), 0);
    CHECK_EQUAL(sys(unlink, "a/file"), 0);
    CHECK_EQUAL(sys(unlink, "a"), 0);
    CHECK_EQUAL(sys(unlink, "z"), 0);
    leave();
}

static void test_rename_errors(void) {
    enter();
    check_make_file("f", "", 0);
    CHECK_EQUAL(sys(mkdir, "d"), 0);
    CHECK_ERROR(sys(rename, "missing", "x"), ENOENT);
    CHECK_ERROR(sys(rename, "f", "missing/x"), ENOENT);
    CHECK_ERROR(sys(rename, "f/x", "x"), ENOTDIR);
    CHECK_ERROR(sys(rename, "f", "d"), EISDIR);
    CHECK_ERROR(sys(rename, "d", "f"), ENOTDIR);
    CHECK_ERROR(sys(rename, "f/", "x"), ENOTDIR);
    CHECK_ERROR(sys(rename, "f", "x/"), ENOTDIR);
    CHECK_ERROR(sys(rename, "d/.", "x"), EINVAL);
    CHECK_ERROR(sys(rename, "d", "d/.."), EINVAL);
    CHECK_ERROR(sys(rename, "/", "x"), EBUSY);
    CHECK_ERROR(sys(rename, "f", ""), ENOENT);
    CHECK(exists("f") && exists("d"));
    CHECK_EQUAL(sys(unlink, "f"), 0);
    CHECK_EQUAL(sys(unlink, "d"), 0);
    leave();
}

// ---- The current directory ---------------------------------------------------------------------

static void check_directory(const char *expected) {
    char path[PATH_MAX];
    CHECK(getcwd(path, sizeof(path)) == path);
    CHECK_STRING(path, expected);
}

static void test_current_directory(void) {
    check_directory("/");
    enter();
    check_directory(HOME);
    CHECK_EQUAL(sys(mkdir, "inner"), 0);
    CHECK_EQUAL(sys(chdir, "inner/../inner/."), 0);
    check_directory(HOME "/inner");
    check_note("children begin where their parent is, and move by themselves");
    int64_t pid = check_fork();
    if (pid == 0) {
        check_directory(HOME "/inner");
        CHECK_EQUAL(sys(chdir, ".."), 0);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    check_directory(HOME "/inner");
    CHECK_ERROR(sys(chdir, "missing"), ENOENT);
    CHECK_ERROR(sys(chdir, "/dev/null"), ENOTDIR);
    CHECK_ERROR(sys(chdir, ""), ENOENT);
    check_note("nothing is found in a removed directory, and nothing made");
    CHECK_EQUAL(sys(unlink, HOME "/inner"), 0);
    CHECK_ERROR(sys(open, "x", O_WRONLY | O_CREAT), ENOENT);
    CHECK_ERROR(sys(mkdir, "x"), ENOENT);
    CHECK_ERROR(sys(chdir, ".."), ENOENT);
    CHECK(!exists("..") && exists("/bin"));
    CHECK_EQUAL(sys(chdir, HOME), 0);
    leave();
}

// ---- Sizes and the rest ------------------------------------------------------------------------

static void test_truncate(void) {
    char text[12];
    enter();
    check_make_file("f", "0123456789", 10);
    CHECK_EQUAL(truncate("f", 4), 0);
    int64_t slot = NEED(sys(open, "f", O_RDWR));
    CHECK_EQUAL(sys(ftruncate, slot, 12), 0);
    check_read_all(slot, text, 12);
    CHECK_BYTES(text, "0123\0\0\0\0\0\0\0\0", 12);
    CHECK_ERROR(sys(ftruncate, slot, -1), EINVAL);
    CHECK_ERROR(sys(ftruncate, slot, INT64_MAX), EFBIG);
    int64_t reading = NEED(sys(open, "f", O_RDONLY));
    CHECK_ERROR(sys(ftruncate, reading, 0), ENOTCAPABLE);
    CHECK_EQUAL(stat_of("f").size, 12);
    CHECK_EQUAL(sys(fsync, reading), 0);
    table_close(slot, slot);
    table_close(reading, reading);
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    CHECK_ERROR(sys(ftruncate, ends[1], 0), EINVAL);
    CHECK_ERROR(sys(fsync, ends[1]), EINVAL);
    table_close(ends[0], ends[1]);
    CHECK_EQUAL(sys(unlink, "f"), 0);
    CHECK_EQUAL(sys(sync), 0);
    leave();
}

static void test_file_system_info(void) {
    struct file_system_info info;
    CHECK_EQUAL(sys(file_system_info, "/", &info), 0);
    CHECK(info.block_size > 0 && info.blocks > info.blocks_free && info.type[0]);
    CHECK_ERROR(sys(file_system_info, "/missing", &info), ENOENT);
    int64_t now = sys(wall_clock);
    CHECK(now == -ENODEV || now > INT64_C(1700000000) * 1000000000);
}

static void test_mknod(void) {
    CHECK_ERROR(sys(mknod, "/dev/one", 1000), ENODEV);
    CHECK_ERROR(sys(mknod, "/dev/null", 0), EEXIST);
    CHECK_EQUAL(sys(mknod, "/dev/one", 0), 0);
    CHECK_EQUAL(stat_of("/dev/one").kind, FILE_KIND_DEVICE);
    CHECK_EQUAL(sys(unlink, "/dev/one"), 0);
}

// ---- At the same time --------------------------------------------------------------------------

#define MOVERS 4
#define MOVES  150

static bool is_expected(int64_t result) {
    static const int64_t errors[] = {0,       -ENOENT,  -EEXIST,    -EPERM,
                                     -EISDIR, -ENOTDIR, -ENOTEMPTY, -EINVAL};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (result == errors[i]) return true;
    return false;
}

// Moves directories up and down against each other, and files among them.
static void move_about(uint32_t self) {
    char from[64], to[64];
    uint32_t random = self * 7919 + 1;
    for (int i = 0; i < MOVES; i++) {
        random = random * 1103515245 + 12345;
        uint32_t pick = random >> 16;
        snprintf(from, sizeof(from), "%c/%c", 'a' + pick % 3, 'x' + pick / 3 % 3);
        snprintf(to, sizeof(to), "%c/%c", 'a' + pick / 9 % 3, 'x' + pick / 27 % 3);
        CHECK(is_expected(pick & 0x400 ? sys(link, from, to) : sys(rename, from, to)));
        from[1] = 0;
        snprintf(to, sizeof(to), "%c/%c/p", 'a' + pick / 9 % 3, 'x' + pick / 27 % 3);
        CHECK(is_expected(sys(rename, from, to)));
        CHECK(is_expected(sys(rename, to, from)));
    }
    sys(exit, 0);
}

static void test_storm(void) {
    int64_t children[MOVERS];
    enter();
    for (const char *name = "abc"; *name; name++) {
        char path[] = {*name, 0, 'x', 0};
        CHECK_EQUAL(sys(mkdir, path), 0);
        path[1] = '/';
        CHECK_EQUAL(*name == 'c' ? 0 : sys(mkdir, path), 0);
    }
    check_make_file("c/z", "", 0);
    for (uint32_t i = 0; i < MOVERS; i++) {
        children[i] = check_fork();
        if (children[i] == 0) move_about(i);
    }
    for (int i = 0; i < MOVERS; i++) CHECK_EQUAL(check_wait(children[i]), 0);
    CHECK_EQUAL(sys(chdir, "/"), 0);
    check_remove_tree(HOME);
}

static const struct test_case cases[] = {
    {"link", test_link},
    {"link_errors", test_link_errors},
    {"rename", test_rename},
    {"rename_directories", test_rename_directories},
    {"rename_errors", test_rename_errors},
    {"current_directory", test_current_directory},
    {"truncate", test_truncate},
    {"file_system_info", test_file_system_info},
    {"mknod", test_mknod},
    {"storm", test_storm},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
