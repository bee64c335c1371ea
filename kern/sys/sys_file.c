// SPDX-License-Identifier: MIT
// System calls on files. Those with a descriptor get a pinned file whose rights the gate has
// checked; what kind of file it is, its operations know.

#include "abi/errno.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "lib/string.h"
#include "mem/uaccess.h"
#include "proc/process.h"
#include "sys/handlers.h"

static struct file *pinned_file(const struct syscall *call) {
    return file_of_object(call->pin[0].object);
}

// The slot is taken before the file is opened, since opening may create or truncate it.
int64_t sys_open(struct syscall *call) {
    char path[PATH_MAX];
    struct file *file;
    uint64_t flags = call->argument[1];
    struct cap_space *table = &process_current()->capabilities;
    int error = copy_string_from_user(path, call->argument[0], sizeof(path));
    if (error < 0) return error;
    if (flags & ~(uint64_t)O_ALL) return -EINVAL;
    int slot = cap_space_reserve(table);
    if (slot < 0) return slot;
    if ((error = file_open(path, (uint32_t)flags, &file))) {
        cap_space_unreserve(table, slot);
        return error;
    }
    cap_space_fill(table, slot, &file->object, file_rights_of_flags((uint32_t)flags),
                   flags & O_CLOEXEC ? CAP_CLOSE_ON_SPAWN : 0);
    return slot;
}

int64_t sys_read(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->read || call->argument[2] > INT64_MAX) return -EINVAL;
    return file->operations->read(file, &call->pin[0], call->argument[1], call->argument[2]);
}

int64_t sys_write(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->write || call->argument[2] > INT64_MAX) return -EINVAL;
    return file->operations->write(file, &call->pin[0], call->argument[1], call->argument[2]);
}

int64_t sys_lseek(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->seek) return -ESPIPE;
    if (call->argument[2] > SEEK_END) return -EINVAL;
    return file->operations->seek(file, &call->pin[0], (int64_t)call->argument[1],
                                  (int)call->argument[2]);
}

int64_t sys_fstat(struct syscall *call) {
    struct stat stat;
    struct file *file = pinned_file(call);
    memset(&stat, 0, sizeof(stat));
    int error = file->operations->stat(file, &call->pin[0], &stat);
    return error ? error : copy_to_user(call->argument[1], &stat, sizeof(stat));
}

int64_t sys_read_directory(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->read_directory) return -ENOTDIR;
    return file->operations->read_directory(file, &call->pin[0], call->argument[1],
                                            call->argument[2]);
}

int64_t sys_ioctl(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->control) return -ENOTTY;
    return file->operations->control(file, &call->pin[0], (int64_t)call->argument[1],
                                     (int64_t)call->argument[2]);
}

int64_t sys_pipe(struct syscall *call) {
    static const uint32_t rights[2] = {CAP_READ | CAP_GRANT, CAP_WRITE | CAP_GRANT};
    struct cap_space *table = &process_current()->capabilities;
    struct file *files[2];
    int slots[2], reserved = 0;
    int error = user_prepare_write(call->argument[0], sizeof(slots));
    for (; !error && reserved < 2; reserved += !error) {
        slots[reserved] = cap_space_reserve(table);
        error = slots[reserved] < 0 ? slots[reserved] : 0;
    }
    if (!error) error = pipe_create(files);
    for (int i = 0; i < reserved; i++)
        if (error)
            cap_space_unreserve(table, slots[i]);
        else
            cap_space_fill(table, slots[i], &files[i]->object, rights[i], 0);
    return error ? error : copy_to_user(call->argument[0], slots, sizeof(slots));
}

int64_t sys_ftruncate(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->truncate || call->argument[1] > INT64_MAX) return -EINVAL;
    return file->operations->truncate(file, &call->pin[0], call->argument[1]);
}

int64_t sys_fsync(struct syscall *call) {
    struct file *file = pinned_file(call);
    return file->operations->sync ? file->operations->sync(file, &call->pin[0]) : -EINVAL;
}
