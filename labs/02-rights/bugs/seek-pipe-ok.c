// SPDX-License-Identifier: MIT
// lseek on a pipe succeeds.
//
// function:  kern/sys/sys_file.c:sys_lseek
// breaks:    P15
// caught by: no-seek
// like:      an offset argument that needs SEEK (CVE-2023-5369)

int64_t sys_lseek(struct syscall *call) {
    struct file *file = pinned_file(call);
    if (!file->operations->seek) return 0;
    if (call->argument[2] > SEEK_END) return -EINVAL;
    return file->operations->seek(file, &call->pin[0], (int64_t)call->argument[1],
                                  (int)call->argument[2]);
}
