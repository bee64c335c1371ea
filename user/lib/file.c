// SPDX-License-Identifier: MIT
// Descriptors: POSIX forms of the calls on files.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <syscalls.h>
#include <unistd.h>
#include "result.h"

int open(const char *path, int flags, ...) { return (int)result_or_errno(sys_open(path, flags)); }

int close(int descriptor) { return (int)result_or_errno(sys_close(descriptor)); }

ssize_t read(int descriptor, void *buffer, size_t size) {
    return result_or_errno(sys_read(descriptor, buffer, size));
}

ssize_t write(int descriptor, const void *buffer, size_t size) {
    return result_or_errno(sys_write(descriptor, buffer, size));
}

int write_all(int descriptor, const void *buffer, size_t size) {
    const char *next = buffer;
    while (size > 0) {
        ssize_t written = write(descriptor, next, size);
        if (written < 0) return -1;
        next += written;
        size -= (size_t)written;
    }
    return 0;
}

off_t lseek(int descriptor, off_t offset, int whence) {
    return result_or_errno(sys_lseek(descriptor, offset, whence));
}

int dup(int descriptor) { return (int)result_or_errno(sys_dup(descriptor)); }

int dup2(int descriptor, int target) { return (int)result_or_errno(sys_dup2(descriptor, target)); }

int pipe(int descriptors[2]) { return (int)result_or_errno(sys_pipe(descriptors)); }

int ioctl(int descriptor, int request, long argument) {
    return (int)result_or_errno(sys_ioctl(descriptor, request, argument));
}

// Only the console knows this request at all, and it refuses this argument.
int isatty(int descriptor) {
    int64_t result = sys_ioctl(descriptor, CONSOLE_SET_FOREGROUND, -1);
    if (result == -EINVAL) return 1;
    errno = (int)-result;
    return 0;
}

int tcsetpgrp(int descriptor, pid_t group) {
    return ioctl(descriptor, CONSOLE_SET_FOREGROUND, group);
}

int fstat(int descriptor, struct stat *stat) {
    return (int)result_or_errno(sys_fstat(descriptor, stat));
}

int stat(const char *path, struct stat *stat) {
    int64_t descriptor = sys_open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return (int)result_or_errno(descriptor);
    int64_t result = sys_fstat(descriptor, stat);
    sys_close(descriptor);
    return (int)result_or_errno(result);
}

int truncate(const char *path, off_t size) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    int64_t result = sys_ftruncate(descriptor, size);
    sys_close(descriptor);
    return (int)result_or_errno(result);
}

int ftruncate(int descriptor, off_t size) {
    return (int)result_or_errno(sys_ftruncate(descriptor, size));
}

int fsync(int descriptor) { return (int)result_or_errno(sys_fsync(descriptor)); }

int sync(void) { return (int)result_or_errno(sys_sync()); }
