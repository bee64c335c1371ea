// SPDX-License-Identifier: MIT
// xv6-riscv's system calls on capv6's. Where capv6 tells errors apart there is one here, -1; a read
// on a descriptor without the right to read is one of them.
#include "xv6.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syscalls.h>

#define NANOSECONDS_PER_TICK 100000000

static int minus_one(int64_t result) { return result < 0 ? -1 : (int)result; }

// ---- Processes ---------------------------------------------------------------------------------

int xv6_fork(void) { return minus_one(sys_fork()); }

void xv6_exit(int status) {
    sys_exit(status);
    __builtin_unreachable();
}

// What the kernel or another process has ended has the status -1 in xv6.
int xv6_wait(int *status) {
    int32_t given;
    int64_t pid = sys_wait(WAIT_ANY, &given, 0);
    if (pid > 0 && status) *status = STATUS_IS_EXIT(given) ? (int8_t)given : -1;
    return minus_one(pid);
}

int xv6_kill(int pid) { return pid > 0 ? minus_one(sys_kill(pid)) : -1; }

int xv6_exec(const char *path, char **argv) { return minus_one(sys_exec(path, argv, NULL)); }

int xv6_getpid(void) { return minus_one(sys_getpid()); }

char *xv6_sbrk(int increment) {
    int64_t result = sys_sbrk(increment);
    return result < 0 ? (char *)-1 : (char *)result;
}

int xv6_sleep(int ticks) {
    return ticks < 0 ? -1 : minus_one(sys_sleep((int64_t)ticks * NANOSECONDS_PER_TICK));
}

int xv6_uptime(void) { return (int)(sys_clock() / NANOSECONDS_PER_TICK); }

// ---- Descriptors -------------------------------------------------------------------------------

// How many of "." and ".." a reader of a directory has got. capv6 does not report them.
static uint8_t dots_told[CAP_SLOTS];

int xv6_pipe(int descriptors[2]) { return minus_one(sys_pipe(descriptors)); }

int xv6_write(int descriptor, const void *buffer, int size) {
    return size < 0 ? -1 : minus_one(sys_write(descriptor, buffer, (size_t)size));
}

// The next name of a directory: 1, 0 at its end, or -1.
static int read_name(int descriptor, struct xv6_dirent *entry) {
    struct directory_entry found;
    if (dots_told[descriptor] < 2) {
        *entry = (struct xv6_dirent){.inum = 1, .name = "."};
        if (dots_told[descriptor]++) entry->name[1] = '.';
        return 1;
    }
    int64_t size = sys_read_directory(descriptor, &found, sizeof(found));
    if (size <= 0) return (int)size;
    uint16_t number = (uint16_t)found.inode;
    entry->inum = number ? number : 1; // 0 would mean that there is none
    memset(entry->name, 0, sizeof(entry->name));
    memcpy(entry->name, found.name, found.length < XV6_NAME_SIZE ? found.length : XV6_NAME_SIZE);
    return 1;
}

static int read_names(int descriptor, void *buffer, int size) {
    struct xv6_dirent entry;
    int done = 0, result = 1;
    while (size - done >= (int)sizeof(entry) && (result = read_name(descriptor, &entry)) > 0) {
        memcpy((char *)buffer + done, &entry, sizeof(entry));
        done += (int)sizeof(entry);
    }
    return done > 0 ? done : result < 0 ? -1 : 0;
}

int xv6_read(int descriptor, void *buffer, int size) {
    if (size < 0) return -1;
    int64_t result = sys_read(descriptor, buffer, (size_t)size);
    return result == -EISDIR ? read_names(descriptor, buffer, size) : minus_one(result);
}

int xv6_close(int descriptor) { return minus_one(sys_close(descriptor)); }

int xv6_dup(int descriptor) {
    int copy = minus_one(sys_dup(descriptor));
    if (copy >= 0) dots_told[copy] = dots_told[descriptor];
    return copy;
}

// xv6 truncates also what is opened for reading only.
int xv6_open(const char *path, int flags) {
    int translated = flags & 3;
    if (flags & XV6_O_CREATE) translated |= O_CREAT;
    if (flags & XV6_O_TRUNC && translated & (O_WRONLY | O_RDWR)) translated |= O_TRUNC;
    if (flags & XV6_O_TRUNC && !(translated & (O_WRONLY | O_RDWR))) {
        int64_t emptied = sys_open(path, O_WRONLY | O_TRUNC | (translated & O_CREAT));
        if (emptied >= 0) sys_close(emptied);
    }
    int descriptor = minus_one(sys_open(path, translated));
    if (descriptor >= 0) dots_told[descriptor] = 0;
    return descriptor;
}

int xv6_fstat(int descriptor, struct xv6_stat *status) {
    struct stat found;
    if (sys_fstat(descriptor, &found) < 0) return -1;
    *status = (struct xv6_stat){
        .dev = (int)found.device,
        .ino = (uint32_t)found.inode,
        .type = found.kind == FILE_KIND_DIRECTORY ? XV6_DIRECTORY
                : found.kind == FILE_KIND_DEVICE  ? XV6_DEVICE
                                                  : XV6_FILE,
        .nlink = (int16_t)found.links,
        .size = found.size,
    };
    return 0;
}

// ---- Names -------------------------------------------------------------------------------------

// The console can have another name where it has one already.
int xv6_mknod(const char *path, short major, short minor) {
    (void)minor;
    return major == XV6_CONSOLE ? minus_one(sys_link("/dev/console", path)) : -1;
}

int xv6_unlink(const char *path) { return minus_one(sys_unlink(path)); }

int xv6_link(const char *old, const char *new) { return minus_one(sys_link(old, new)); }

int xv6_mkdir(const char *path) { return minus_one(sys_mkdir(path)); }

int xv6_chdir(const char *path) { return minus_one(sys_chdir(path)); }

int xv6_stat(const char *path, struct xv6_stat *status) {
    int descriptor = xv6_open(path, 0);
    if (descriptor < 0) return -1;
    int result = xv6_fstat(descriptor, status);
    sys_close(descriptor);
    return result;
}
