// SPDX-License-Identifier: MIT
// Names: POSIX forms of the calls on them, and the way from the current directory to the root.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syscalls.h>
#include <unistd.h>
#include "result.h"

int mkdir(const char *path, ...) { return (int)result_or_errno(sys_mkdir(path)); }

int mknod(const char *path, int64_t device) {
    return (int)result_or_errno(sys_mknod(path, device));
}

int unlink(const char *path) { return (int)result_or_errno(sys_unlink(path)); }

int remove(const char *path) { return unlink(path); }

int rmdir(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0) return -1;
    if (S_ISDIR(status.st_mode)) return unlink(path);
    errno = ENOTDIR;
    return -1;
}

int link(const char *old, const char *new) { return (int)result_or_errno(sys_link(old, new)); }

int rename(const char *old, const char *new) { return (int)result_or_errno(sys_rename(old, new)); }

int chdir(const char *path) { return (int)result_or_errno(sys_chdir(path)); }

int file_system_info(const char *path, struct file_system_info *info) {
    return (int)result_or_errno(sys_file_system_info(path, info));
}

// ---- Where am I --------------------------------------------------------------------------------

static int is_same(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

// Puts the name of the directory `below`, an entry of `above`, in front of what stands at *start. A
// directory on which something is mounted shows what is mounted only when it is looked up.
static int prepend_name(const char *above, const struct stat *below, char *path, size_t *start) {
    char name[PATH_MAX];
    struct stat status;
    const struct dirent *entry;
    int result = -1;
    DIR *directory = opendir(above);
    if (!directory) return -1;
    errno = ENOENT;
    while (result < 0 && (entry = readdir(directory))) {
        size_t length = strlen(entry->d_name);
        if (snprintf(name, sizeof(name), "%s/%s", above, entry->d_name) >= (int)sizeof(name) ||
            entry->d_type != FILE_KIND_DIRECTORY || stat(name, &status) < 0 ||
            !is_same(&status, below))
            continue;
        if (length + 1 > *start) {
            errno = ERANGE;
            break;
        }
        *start -= length;
        memcpy(path + *start, entry->d_name, length);
        path[--*start] = '/';
        result = 0;
    }
    closedir(directory);
    return result;
}

char *getcwd(char *path, size_t size) {
    char up[PATH_MAX] = ".";
    struct stat here, root, above;
    if (size < 2 || stat("/", &root) < 0 || stat(".", &here) < 0) return NULL;
    size_t start = size - 1;
    path[start] = 0;
    while (!is_same(&here, &root)) {
        strlcat(up, "/..", sizeof(up));
        if (stat(up, &above) < 0 || prepend_name(up, &here, path, &start) < 0) return NULL;
        here = above;
    }
    if (!path[start]) path[--start] = '/';
    memmove(path, path + start, size - start);
    return path;
}
