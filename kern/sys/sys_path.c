// SPDX-License-Identifier: MIT
// System calls on names: they take paths, and no capability. Whoever is not to find files by name
// is denied them.

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/inode.h"
#include "lib/string.h"
#include "mem/uaccess.h"
#include "proc/process.h"
#include "sys/handlers.h"

static int64_t with_path(const struct syscall *call, int (*operation)(const char *path)) {
    char path[PATH_MAX];
    int error = copy_string_from_user(path, call->argument[0], sizeof(path));
    return error < 0 ? error : operation(path);
}

static int64_t with_two_paths(const struct syscall *call,
                              int (*operation)(const char *first, const char *second)) {
    char first[PATH_MAX], second[PATH_MAX];
    int error = copy_string_from_user(first, call->argument[0], sizeof(first));
    if (error >= 0) error = copy_string_from_user(second, call->argument[1], sizeof(second));
    return error < 0 ? error : operation(first, second);
}

int64_t sys_mkdir(struct syscall *call) { return with_path(call, path_make_directory); }

int64_t sys_unlink(struct syscall *call) { return with_path(call, path_unlink); }

int64_t sys_link(struct syscall *call) { return with_two_paths(call, path_link); }

int64_t sys_rename(struct syscall *call) { return with_two_paths(call, path_rename); }

int64_t sys_chdir(struct syscall *call) { return with_path(call, process_change_directory); }

int64_t sys_mknod(struct syscall *call) {
    char path[PATH_MAX];
    int error = copy_string_from_user(path, call->argument[0], sizeof(path));
    return error < 0 ? error : path_make_device(path, call->argument[1]);
}

int64_t sys_sync(struct syscall *call) {
    (void)call;
    return file_system_sync_all();
}

int64_t sys_file_system_info(struct syscall *call) {
    char path[PATH_MAX];
    struct inode *inode;
    struct file_system_info info = {.reserved = 0};
    int error = copy_string_from_user(path, call->argument[0], sizeof(path));
    if (error >= 0) error = path_lookup(path, &inode);
    if (error < 0) return error;
    struct file_system *file_system = inode->file_system;
    file_system->get_info(file_system, &info);
    info.is_read_only = file_system->is_read_only;
    string_copy(info.type, file_system->type, sizeof(info.type));
    inode_put(inode);
    return copy_to_user(call->argument[1], &info, sizeof(info));
}
