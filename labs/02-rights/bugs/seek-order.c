// SPDX-License-Identifier: MIT
// whence is looked at before the kind of file.
//
// function:  kern/sys/sys_file.c:sys_lseek
// breaks:    P15
// caught by: no-seek
// like:      a mistake that students make

int64_t sys_lseek(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (call->argument[2] > SEEK_END) return -EINVAL;
    if (!file->operations->seek) return -ESPIPE;
    return file->operations->seek(file, &call->pin[0], (int64_t)call->argument[1],
                                  (int)call->argument[2]);
}
