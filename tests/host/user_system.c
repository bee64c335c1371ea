// SPDX-License-Identifier: MIT
// The system calls that the user library's tests play: a heap, one input, one output, one file.
#include <stdlib.h>

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/stat.h"
#include "user_lib.h"

struct fake_system fake;
static char fake_heap[FAKE_HEAP] __attribute__((aligned(4096)));
static int fake_errno;

void fake_reset(void) {
    fake = (struct fake_system){.heap_limit = FAKE_HEAP, .write_limit = FAKE_OUTPUT};
}

int *errno_location(void) { return &fake_errno; }

int (*program_finish)(int status); // start.c's, which is not part of the tests

void *user_sbrk(int64_t increment) {
    if (increment < 0 || (uint64_t)increment > fake.heap_limit - fake.heap_used) {
        *errno_location() = ENOMEM;
        return (void *)-1;
    }
    void *start = fake_heap + fake.heap_used;
    fake.heap_used += (uint64_t)increment;
    return start;
}

int64_t user_sys_yield(void);
int64_t user_sys_yield(void) { return 0; }

int64_t user_sys_sleep(int64_t nanoseconds);
int64_t user_sys_sleep(int64_t nanoseconds) {
    (void)nanoseconds;
    return 0;
}

static int64_t file_write(const char *data, size_t size) {
    if (fake.file_flags & O_APPEND) fake.position = fake.file_size;
    for (size_t i = 0; i < size; i++) {
        if (fake.position == FAKE_FILE) return -ENOSPC;
        while (fake.file_size < fake.position) fake.file[fake.file_size++] = 0;
        fake.file[fake.position++] = data[i];
        if (fake.file_size < fake.position) fake.file_size = fake.position;
    }
    return (int64_t)size;
}

static int64_t file_read(char *data, size_t size) {
    size_t left = fake.file_size > fake.position ? fake.file_size - fake.position : 0;
    if (size > left) size = left;
    for (size_t i = 0; i < size; i++) data[i] = fake.file[fake.position++];
    return (int64_t)size;
}

int64_t user_sys_lseek(int64_t slot, int64_t offset, int64_t whence);
int64_t user_sys_lseek(int64_t slot, int64_t offset, int64_t whence) {
    if (slot != FAKE_FILE_SLOT) return -ESPIPE;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)fake.position
                                        : (int64_t)fake.file_size;
    if (base + offset < 0) return -EINVAL;
    fake.position = (size_t)(base + offset);
    return base + offset;
}

// A console knows the request and refuses the argument.
int64_t user_sys_ioctl(int64_t slot, int64_t request, int64_t argument);
int64_t user_sys_ioctl(int64_t slot, int64_t request, int64_t argument) {
    (void)slot, (void)request, (void)argument;
    return fake.is_console ? -EINVAL : -ENOTTY;
}

int64_t user_sys_write(int64_t slot, const void *buffer, size_t size);
int64_t user_sys_write(int64_t slot, const void *buffer, size_t size) {
    fake.writes++;
    if (fake.write_limit < 0) return fake.write_limit;
    if (size > (size_t)fake.write_limit) size = (size_t)fake.write_limit;
    if (slot == FAKE_FILE_SLOT) return file_write(buffer, size);
    for (size_t i = 0; i < size && fake.output_size < FAKE_OUTPUT; i++)
        fake.output[fake.output_size++] = ((const char *)buffer)[i];
    return (int64_t)size;
}

int64_t user_sys_read(int64_t slot, void *buffer, size_t size);
int64_t user_sys_read(int64_t slot, void *buffer, size_t size) {
    if (fake.input_chunk == 0) return -EIO;
    if (size > fake.input_chunk) size = fake.input_chunk;
    if (slot == FAKE_FILE_SLOT) return file_read(buffer, size);
    if (size > fake.input_size) size = fake.input_size;
    for (size_t i = 0; i < size; i++) ((char *)buffer)[i] = fake.input[i];
    fake.input += size;
    fake.input_size -= size;
    return (int64_t)size;
}

// A directory of 20 entries.
int64_t user_sys_read_directory(int64_t slot, struct directory_entry *entries, size_t size);
int64_t user_sys_read_directory(int64_t slot, struct directory_entry *entries, size_t size) {
    (void)slot;
    size_t count = 0;
    for (; count < size / sizeof(*entries) && fake.input_size < 20; count++, fake.input_size++) {
        entries[count] = (struct directory_entry){
            .inode = fake.input_size, .kind = FILE_KIND_REGULAR, .length = 2};
        entries[count].name[0] = 'f';
        entries[count].name[1] = (char)('a' + fake.input_size);
    }
    return (int64_t)(count * sizeof(*entries));
}

// The rest is linked, but no test calls it.
#define UNUSED_CALL(name)                                                                          \
    int64_t user_sys_##name(void);                                                                 \
    int64_t user_sys_##name(void) { return -ENOSYS; }
UNUSED_CALL(dup)
UNUSED_CALL(dup2)
UNUSED_CALL(pipe)
UNUSED_CALL(fstat)
UNUSED_CALL(ftruncate)
UNUSED_CALL(fsync)
UNUSED_CALL(sync)

int64_t user_sys_open(const char *path, int64_t flags);
int64_t user_sys_open(const char *path, int64_t flags) {
    if (path[0] != '/') return -ENOENT;
    if (path[1] == '\0') return 3;
    if (flags & O_TRUNC) fake.file_size = 0;
    fake.position = 0;
    fake.file_flags = flags;
    return FAKE_FILE_SLOT;
}

int64_t user_sys_close(int64_t slot);
int64_t user_sys_close(int64_t slot) { return slot == 3 || slot == FAKE_FILE_SLOT ? 0 : -EBADF; }

_Noreturn void user_exit(int status);
_Noreturn void user_exit(int status) { exit(status); }

_Noreturn void user_abort(void);
_Noreturn void user_abort(void) { abort(); }
