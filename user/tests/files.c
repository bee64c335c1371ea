// SPDX-License-Identifier: MIT
// Tests of the calls on files: open's flags and errors, read, write, lseek, fstat, ioctl, devices.
#include "check.h"

#include <string.h>

#define FILE_A "/file-a"

static char long_path[PATH_MAX + 8];

static void test_open_modes(void) {
    check_make_file(FILE_A, "abc", 3);
    static const struct {
        int flags;
        uint32_t rights;
    } modes[] = {
        {O_RDONLY, CAP_READ},
        {O_WRONLY, CAP_WRITE},
        {O_RDWR, CAP_READ | CAP_WRITE},
        {O_RDONLY | O_GRANT, CAP_READ | CAP_GRANT},
        {O_RDWR | O_GRANT, CAP_READ | CAP_WRITE | CAP_GRANT},
    };
    const uint32_t common = CAP_READ | CAP_WRITE | CAP_EXEC | CAP_GRANT;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        check_note("flags %#x", modes[i].flags);
        int64_t slot = NEED(sys(open, FILE_A, modes[i].flags));
        CHECK_EQUAL(slot_rights(slot) & common, modes[i].rights);
        char byte = 'x';
        CHECK_EQUAL(sys(read, slot, &byte, 1), modes[i].rights & CAP_READ ? 1 : -ENOTCAPABLE);
        CHECK_EQUAL(sys(write, slot, &byte, 1), modes[i].rights & CAP_WRITE ? 1 : -ENOTCAPABLE);
        CHECK_EQUAL(sys(close, slot), 0);
    }
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
}

static void test_open_flag_errors(void) {
    CHECK_ERROR(sys(open, FILE_A, O_ACCMODE | O_CREAT), EINVAL);
    CHECK_ERROR(sys(open, FILE_A, O_RDONLY | O_CREAT | O_TRUNC), EINVAL);
    CHECK_ERROR(sys(open, FILE_A, O_RDONLY | O_CREAT | O_DIRECTORY), EINVAL);
    for (int bit = 0; bit < 64; bit++) {
        if (!((UINT64_C(1) << bit) & O_ALL)) {
            check_note("flag bit %d", bit);
            CHECK_ERROR(sys(open, FILE_A, UINT64_C(1) << bit | O_RDONLY | O_CREAT), EINVAL);
        }
    }
    check_note("nothing was created");
    CHECK_ERROR(sys(open, FILE_A, O_RDONLY), ENOENT);
}

static void test_open_names(void) {
    CHECK_ERROR(sys(open, "", O_RDONLY), ENOENT);
    CHECK_ERROR(sys(open, "/no-such-file", O_RDONLY), ENOENT);
    CHECK_ERROR(sys(open, "/no-such-directory/x", O_RDWR | O_CREAT), ENOENT);
    check_make_file(FILE_A, "", 0);
    CHECK_ERROR(sys(open, FILE_A "/x", O_RDONLY), ENOTDIR);
    CHECK_ERROR(sys(open, FILE_A "/x", O_RDWR | O_CREAT), ENOTDIR);
    CHECK_ERROR(sys(open, FILE_A, O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERROR(sys(open, FILE_A, O_RDWR | O_CREAT | O_EXCL), EEXIST);
    CHECK_ERROR(sys(open, "/", O_WRONLY), EISDIR);
    CHECK_ERROR(sys(open, "/dev", O_RDWR), EISDIR);
    CHECK_ERROR(sys(open, "/dev", O_RDWR | O_CREAT | O_EXCL), EEXIST);
    CHECK_EQUAL(sys(unlink, FILE_A), 0);

    static const char *const same[] = {"/dev",   "//dev",       "/dev/",  "/dev/.",
                                       "/./dev", "/dev/../dev", "/../dev"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        check_note("%s", same[i]);
        struct stat stat, expected;
        int64_t slot = NEED(sys(open, same[i], O_RDONLY | O_DIRECTORY));
        int64_t dev = NEED(sys(open, "/dev", O_RDONLY));
        CHECK_EQUAL(sys(fstat, slot, &stat), 0);
        CHECK_EQUAL(sys(fstat, dev, &expected), 0);
        CHECK_EQUAL(stat.inode, expected.inode);
        table_close(slot, slot);
        table_close(dev, dev);
    }
}

static void test_open_long_names(void) {
    memset(long_path, 'x', sizeof(long_path));
    long_path[0] = '/';
    long_path[NAME_MAX + 1] = 0; // the longest name
    int64_t slot = NEED(sys(open, long_path, O_RDWR | O_CREAT));
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, long_path), 0);

    long_path[NAME_MAX + 1] = 'x';
    long_path[NAME_MAX + 2] = 0; // one more
    CHECK_ERROR(sys(open, long_path, O_RDWR | O_CREAT), ENAMETOOLONG);
    CHECK_ERROR(sys(open, long_path, O_RDONLY), ENAMETOOLONG);
    CHECK_ERROR(sys(mkdir, long_path), ENAMETOOLONG);
    CHECK_ERROR(sys(unlink, long_path), ENAMETOOLONG);

    memset(long_path, '/', PATH_MAX - 1);
    long_path[PATH_MAX - 1] = 0; // the longest path: the root, spelled at length
    slot = NEED(sys(open, long_path, O_RDONLY));
    table_close(slot, slot);
    long_path[PATH_MAX - 1] = '/';
    long_path[PATH_MAX] = 0;
    CHECK_ERROR(sys(open, long_path, O_RDONLY), ENAMETOOLONG);
    CHECK_ERROR(sys(mkdir, long_path), ENAMETOOLONG);
    CHECK_ERROR(sys(unlink, long_path), ENAMETOOLONG);
    const char *argv[] = {"x", NULL};
    CHECK_ERROR(sys(exec, long_path, argv), ENAMETOOLONG);
    CHECK_ERROR(sys(spawn, long_path, argv, 0, 0, 0), ENAMETOOLONG);
}

static void test_open_truncate(void) {
    check_make_file(FILE_A, "0123456789", 10);
    struct stat stat;
    int64_t slot = NEED(sys(open, FILE_A, O_RDWR));
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    CHECK_EQUAL(stat.size, 10);
    int64_t other = NEED(sys(open, FILE_A, O_WRONLY | O_TRUNC));
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    CHECK_EQUAL(stat.size, 0);
    char byte;
    CHECK_EQUAL(sys(read, slot, &byte, 1), 0);
    table_close(slot, slot);
    table_close(other, other);
    check_note("O_EXCL fails before it truncates");
    check_make_file(FILE_A, "xyz", 3);
    CHECK_ERROR(sys(open, FILE_A, O_RDWR | O_CREAT | O_EXCL | O_TRUNC), EEXIST);
    slot = NEED(sys(open, FILE_A, O_RDONLY));
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    CHECK_EQUAL(stat.size, 3);
    table_close(slot, slot);
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
}

static void test_append(void) {
    check_make_file(FILE_A, "one", 3);
    int64_t a = NEED(sys(open, FILE_A, O_RDWR | O_APPEND));
    int64_t b = NEED(sys(open, FILE_A, O_WRONLY | O_APPEND));
    CHECK_EQUAL(sys(write, a, "two", 3), 3);
    CHECK_EQUAL(sys(write, b, "three", 5), 5);
    CHECK_EQUAL(sys(lseek, a, 0, SEEK_SET), 0);
    CHECK_EQUAL(sys(write, a, "four", 4), 4);
    CHECK_EQUAL(sys(lseek, a, 0, SEEK_CUR), 15);
    CHECK_EQUAL(sys(lseek, a, 0, SEEK_SET), 0);
    char text[16] = {0};
    CHECK_EQUAL(sys(read, a, text, sizeof(text)), 15);
    CHECK_STRING(text, "onetwothreefour");
    table_close(a, a);
    table_close(b, b);
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
}

static void test_cloexec_flag(void) {
    int64_t slot = NEED(sys(open, "/dev/null", O_RDONLY | O_CLOEXEC));
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK_EQUAL(info.flags, CAP_CLOSE_ON_SPAWN);
    int64_t other = NEED(sys(open, "/dev/null", O_RDONLY));
    CHECK_EQUAL(sys(cap_stat, other, &info), 0);
    CHECK_EQUAL(info.flags, 0);
}

static unsigned char buffer_a[40000], buffer_b[40000];

static void test_read_write(void) {
    int64_t slot = NEED(sys(open, FILE_A, O_RDWR | O_CREAT | O_TRUNC));
    static const size_t sizes[] = {0, 1, 2, 7, 511, 512, 4095, 4096, 4097, 12288, 33000};
    size_t total = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_note("size %lu", (unsigned long)sizes[i]);
        pattern_fill(buffer_a, sizes[i], (uint32_t)i);
        CHECK_EQUAL(sys(write, slot, buffer_a, sizes[i]), sizes[i]);
        total += sizes[i];
        CHECK_EQUAL(sys(lseek, slot, 0, SEEK_CUR), total);
        CHECK_EQUAL(sys(lseek, slot, -(int64_t)sizes[i], SEEK_CUR), total - sizes[i]);
        check_read_all(slot, buffer_b, sizes[i]);
        CHECK(pattern_is(buffer_b, sizes[i], (uint32_t)i));
        CHECK_EQUAL(sys(read, slot, buffer_b, 1), 0);
    }
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
    check_note("an unlinked file lives on while it is open");
    CHECK_EQUAL(sys(lseek, slot, 0, SEEK_SET), 0);
    pattern_fill(buffer_a, 1, 1);
    CHECK_EQUAL(sys(read, slot, buffer_b, 1), 1);
    CHECK_EQUAL(buffer_b[0], buffer_a[0]);
    struct stat stat;
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    CHECK_EQUAL(stat.links, 0);
    CHECK_EQUAL(stat.size, total);
    CHECK_ERROR(sys(open, FILE_A, O_RDONLY), ENOENT);
}

static void test_lseek(void) {
    int64_t slot = NEED(sys(open, FILE_A, O_RDWR | O_CREAT | O_TRUNC));
    CHECK_EQUAL(sys(write, slot, "hello", 5), 5);
    CHECK_EQUAL(sys(lseek, slot, 2, SEEK_SET), 2);
    CHECK_EQUAL(sys(lseek, slot, 2, SEEK_CUR), 4);
    CHECK_EQUAL(sys(lseek, slot, -1, SEEK_END), 4);
    CHECK_ERROR(sys(lseek, slot, -1, SEEK_SET), EINVAL);
    CHECK_ERROR(sys(lseek, slot, -5, SEEK_CUR), EINVAL);
    CHECK_ERROR(sys(lseek, slot, -6, SEEK_END), EINVAL);
    CHECK_ERROR(sys(lseek, slot, 0, 3), EINVAL);
    CHECK_ERROR(sys(lseek, slot, 0, -1), EINVAL);
    CHECK_ERROR(sys(lseek, slot, 0, UINT64_C(0x100000000)), EINVAL);
    CHECK_ERROR(sys(lseek, slot, INT64_MIN, SEEK_CUR), EINVAL);
    CHECK_ERROR(sys(lseek, slot, INT64_MAX, SEEK_CUR), EOVERFLOW);
    CHECK_ERROR(sys(lseek, slot, INT64_MAX, SEEK_END), EOVERFLOW);
    check_note("failures did not move the offset");
    CHECK_EQUAL(sys(lseek, slot, 0, SEEK_CUR), 4);
    check_note("a gap reads as zeros");
    CHECK_EQUAL(sys(lseek, slot, 10000, SEEK_SET), 10000);
    CHECK_EQUAL(sys(read, slot, buffer_b, 1), 0);
    CHECK_EQUAL(sys(write, slot, "!", 1), 1);
    CHECK_EQUAL(sys(lseek, slot, 0, SEEK_SET), 0);
    check_read_all(slot, buffer_b, 10001);
    memset(buffer_a, 0, 10001);
    memcpy(buffer_a, "hello", 5);
    buffer_a[10000] = '!';
    CHECK_BYTES(buffer_b, buffer_a, 10001);
    check_note("a file does not grow without bound");
    CHECK_EQUAL(sys(lseek, slot, INT64_C(1) << 62, SEEK_SET), INT64_C(1) << 62);
    int64_t written = sys(write, slot, "!", 1);
    CHECK(written == -EFBIG || written == -ENOSPC);
    check_note("rights are not needed to seek, a capability is");
    CHECK_ERROR(sys(lseek, 100, 0, SEEK_SET), EBADF);
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
}

static void test_lseek_unseekable(void) {
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    CHECK_ERROR(sys(lseek, slots[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERROR(sys(lseek, slots[1], 0, SEEK_CUR), ESPIPE);
    int64_t directory = NEED(sys(open, "/", O_RDONLY));
    CHECK_ERROR(sys(lseek, directory, 0, SEEK_SET), ESPIPE);
    int64_t device = NEED(sys(open, "/dev/zero", O_RDONLY));
    CHECK_ERROR(sys(lseek, device, 0, SEEK_SET), ESPIPE);
}

static void test_shared_offset(void) {
    check_make_file(FILE_A, "0123456789", 10);
    int64_t a = NEED(sys(open, FILE_A, O_RDONLY));
    int64_t copy = NEED(sys(dup, a));
    int64_t own = NEED(sys(open, FILE_A, O_RDONLY));
    char byte;
    CHECK_EQUAL(sys(read, a, &byte, 1), 1);
    CHECK_EQUAL(sys(read, copy, &byte, 1), 1);
    CHECK_EQUAL(byte, '1');
    CHECK_EQUAL(sys(read, own, &byte, 1), 1);
    CHECK_EQUAL(byte, '0');
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(sys(read, a, &byte, 1), 1);
        CHECK_EQUAL(byte, '2');
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK_EQUAL(sys(read, a, &byte, 1), 1);
    CHECK_EQUAL(byte, '3');
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
}

static void test_gate_errors(void) {
    char byte = 0;
    struct stat stat;
    static const int64_t bad[] = {-1,      50,        CAP_SLOTS - 2, CAP_SLOTS,
                                  1 << 20, INT64_MIN, INT64_MAX,     INT64_C(1) << 32};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_note("slot %lld", (long long)bad[i]);
        CHECK_ERROR(sys(read, bad[i], &byte, 1), EBADF);
        CHECK_ERROR(sys(write, bad[i], &byte, 1), EBADF);
        CHECK_ERROR(sys(lseek, bad[i], 0, 0), EBADF);
        CHECK_ERROR(sys(fstat, bad[i], &stat), EBADF);
        CHECK_ERROR(sys(read_directory, bad[i], &byte, 1), EBADF);
        CHECK_ERROR(sys(ioctl, bad[i], 0, 0), EBADF);
    }
    check_note("the gate comes before the pointer");
    CHECK_ERROR(sys(read, 50, 0, 1), EBADF);
    int64_t write_only = NEED(sys(open, "/dev/null", O_WRONLY));
    int64_t read_only = NEED(sys(open, "/dev/null", O_RDONLY));
    CHECK_ERROR(sys(read, write_only, 0, 1), ENOTCAPABLE);
    CHECK_ERROR(sys(write, read_only, 0, 1), ENOTCAPABLE);
    CHECK_ERROR(sys(read_directory, write_only, 0, 1), ENOTCAPABLE);
    CHECK_ERROR(sys(ioctl, read_only, 0, 0), ENOTCAPABLE);
    CHECK_EQUAL(sys(fstat, write_only, &stat), 0);
}

static void test_devices(void) {
    int64_t null = NEED(sys(open, "/dev/null", O_RDWR));
    int64_t zero = NEED(sys(open, "/dev/zero", O_RDWR));
    int64_t random = NEED(sys(open, "/dev/random", O_RDONLY));
    CHECK_EQUAL(sys(read, null, buffer_a, 100), 0);
    CHECK_EQUAL(sys(write, null, buffer_a, sizeof(buffer_a)), sizeof(buffer_a));
    memset(buffer_a, 0xff, sizeof(buffer_a));
    check_read_all(zero, buffer_a, 20000);
    memset(buffer_b, 0, sizeof(buffer_b));
    CHECK_BYTES(buffer_a, buffer_b, 20000);
    CHECK_EQUAL(buffer_a[20000], 0xff);
    check_read_all(random, buffer_a, 256);
    check_read_all(random, buffer_b, 256);
    CHECK(memcmp(buffer_a, buffer_b, 256) != 0);
    struct stat stat;
    CHECK_EQUAL(sys(fstat, zero, &stat), 0);
    CHECK_EQUAL(stat.kind, FILE_KIND_DEVICE);
    CHECK_EQUAL(stat.size, 0);
    int64_t error = sys(unlink, "/dev"); // where something is mounted it is not even looked at
    CHECK(error == -ENOTEMPTY || error == -EBUSY);
    check_note("the machine ends on a status only");
    int64_t power = NEED(sys(open, "/dev/power", O_WRONLY));
    CHECK_ERROR(sys(write, power, "now\n", 4), EINVAL);
    CHECK_EQUAL(sys(write, power, "", 0), 0);
    CHECK_ERROR(sys(write, power, "-1\n", 3), EINVAL);
    CHECK_ERROR(sys(write, power, "99999999999999999999\n", 21), EINVAL);
    CHECK_ERROR(sys(write, power, 0, 2), EFAULT);
}

static void test_ioctl(void) {
    check_make_file(FILE_A, "", 0);
    int64_t file = NEED(sys(open, FILE_A, O_RDWR));
    CHECK_ERROR(sys(ioctl, file, CONSOLE_SET_MODE, CONSOLE_RAW), ENOTTY);
    int64_t null = NEED(sys(open, "/dev/null", O_RDWR));
    CHECK_ERROR(sys(ioctl, null, CONSOLE_SET_MODE, CONSOLE_RAW), ENOTTY);
    int32_t slots[2];
    CHECK_EQUAL(sys(pipe, slots), 0);
    CHECK_ERROR(sys(ioctl, slots[1], CONSOLE_SET_MODE, CONSOLE_RAW), ENOTTY);
    int64_t console = NEED(sys(open, "/dev/console", O_RDWR));
    CHECK_ERROR(sys(ioctl, console, 0, 0), ENOTTY);
    CHECK_ERROR(sys(ioctl, console, 99, 0), ENOTTY);
    CHECK_ERROR(sys(ioctl, console, CONSOLE_SET_MODE, 7), EINVAL);
    CHECK_ERROR(sys(ioctl, console, CONSOLE_INSERT, '\n'), EINVAL);
    CHECK_ERROR(sys(ioctl, console, CONSOLE_INSERT, 'x'), EAGAIN);
    CHECK_ERROR(sys(ioctl, console, CONSOLE_SET_FOREGROUND, -1), EINVAL);
    CHECK_ERROR(sys(ioctl, console, CONSOLE_SET_FOREGROUND, INT64_C(1) << 32), EINVAL);
    CHECK_EQUAL(sys(unlink, FILE_A), 0);
}

static const struct test_case cases[] = {
    {"open_modes", test_open_modes},
    {"open_flag_errors", test_open_flag_errors},
    {"open_names", test_open_names},
    {"open_long_names", test_open_long_names},
    {"open_truncate", test_open_truncate},
    {"append", test_append},
    {"cloexec_flag", test_cloexec_flag},
    {"read_write", test_read_write},
    {"lseek", test_lseek},
    {"lseek_unseekable", test_lseek_unseekable},
    {"shared_offset", test_shared_offset},
    {"gate_errors", test_gate_errors},
    {"devices", test_devices},
    {"ioctl", test_ioctl},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
