// SPDX-License-Identifier: MIT
// The system calls that the user library's tests play: a heap, one input, one output.
#include <stdlib.h>

#include "abi/errno.h"
#include "abi/stat.h"
#include "user_lib.h"

struct fake_system fake;
static char fake_heap[FAKE_HEAP] __attribute__((aligned(4096)));
static int fake_errno;

void fake_reset(void) {
    fake = (struct fake_system){.heap_limit = FAKE_HEAP, .write_limit = FAKE_OUTPUT};
}

int *errno_location(void) { return &fake_errno; }

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

int64_t user_sys_write(int64_t slot, const void *buffer, size_t size);
int64_t user_sys_write(int64_t slot, const void *buffer, size_t size) {
    (void)slot;
    fake.writes++;
    if (fake.write_limit < 0) return fake.write_limit;
    if (size > (size_t)fake.write_limit) size = (size_t)fake.write_limit;
    for (size_t i = 0; i < size && fake.output_size < FAKE_OUTPUT; i++)
        fake.output[fake.output_size++] = ((const char *)buffer)[i];
    return (int64_t)size;
}

int64_t user_sys_read(int64_t slot, void *buffer, size_t size);
int64_t user_sys_read(int64_t slot, void *buffer, size_t size) {
    (void)slot;
    if (fake.input_chunk == 0) return -EIO;
    if (size > fake.input_chunk) size = fake.input_chunk;
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
UNUSED_CALL(lseek)
UNUSED_CALL(dup)
UNUSED_CALL(dup2)
UNUSED_CALL(pipe)
UNUSED_CALL(ioctl)
UNUSED_CALL(fstat)
UNUSED_CALL(ftruncate)
UNUSED_CALL(fsync)
UNUSED_CALL(sync)

int64_t user_sys_open(const char *path, int64_t flags);
int64_t user_sys_open(const char *path, int64_t flags) {
    (void)flags;
    return *path == '/' ? 3 : -ENOENT;
}

int64_t user_sys_close(int64_t slot);
int64_t user_sys_close(int64_t slot) { return slot == 3 ? 0 : -EBADF; }

_Noreturn void user_exit(int status);
_Noreturn void user_exit(int status) { exit(status); }

_Noreturn void user_abort(void);
_Noreturn void user_abort(void) { abort(); }
