// SPDX-License-Identifier: MIT
// What the tests of files share. User memory is one region with all its pages mapped; what a test
// has in its buffer is copied there before a write, and back after a read.
#include "fs_support.h"

#include <stdio.h>
#include <string.h>

#include "fs/pipe.h"
#include "fs/ramfs.h"
#include "mem/address_space.h"
#include "mem/uaccess.h"

#define TEXT_BASE (USER_PROGRAM_BASE - PAGE_SIZE) // one page for file_write_text()

char user[USER_SIZE];
static struct address_space *space;
static const struct cap_ref unrevoked;

void fs_thread_begin(void) { address_space_activate(space); }

void fs_thread_end(void) { address_space_activate(NULL); }

void fs_setup_in_thread(void) {
    inode_set_root(ramfs_create());
    space = address_space_create(NULL);
    require(address_space_add_region(space, TEXT_BASE, USER_PROGRAM_BASE + USER_SIZE,
                                     PTE_READ | PTE_WRITE) == 0);
    fs_thread_begin();
    require(user_prepare_write(TEXT_BASE, PAGE_SIZE + USER_SIZE) == 0);
}

void fs_setup(void) {
    kernel_setup();
    fs_setup_in_thread();
}

// ---- Open files --------------------------------------------------------------------------------

struct file *file_at(const char *path, uint32_t flags) {
    struct file *file;
    int error = file_open(path, flags, &file);
    if (error) ck_abort_msg("%s: error %d", path, -error);
    return file;
}

int open_error(const char *path, uint32_t flags) {
    struct file *file;
    int error = file_open(path, flags, &file);
    if (!error) file_close(file);
    return error;
}

void file_close(struct file *file) { object_put(&file->object); }

// The user address of a place in the buffer or just behind it; others stand for themselves. *inside
// is how much of `size` bytes there lies in the buffer.
static uint64_t user_address(const char *place, size_t size, size_t *inside) {
    *inside = 0;
    if (place < user || place > user + USER_SIZE) return (uint64_t)place;
    size_t rest = (size_t)(user + USER_SIZE - place);
    *inside = size < rest ? size : rest;
    return USER_PROGRAM_BASE + (uint64_t)(place - user);
}

int64_t file_read_through(const struct cap_ref *ref, struct file *file, void *buffer, size_t size) {
    size_t inside;
    uint64_t address = user_address(buffer, size, &inside);
    int64_t result = file->operations->read(file, ref, address, size);
    if (result > 0 && inside > 0) require(copy_from_user(buffer, address, inside) == 0);
    return result;
}

int64_t file_read(struct file *file, void *buffer, size_t size) {
    return file_read_through(&unrevoked, file, buffer, size);
}

int64_t file_write_through(const struct cap_ref *ref, struct file *file, const void *buffer,
                           size_t size) {
    size_t inside;
    uint64_t address = user_address(buffer, size, &inside);
    if (inside > 0) require(copy_to_user(address, buffer, inside) == 0);
    return file->operations->write(file, ref, address, size);
}

int64_t file_write(struct file *file, const void *buffer, size_t size) {
    return file_write_through(&unrevoked, file, buffer, size);
}

int64_t file_write_text(struct file *file, const char *text) {
    size_t size = strlen(text);
    require(size <= PAGE_SIZE && copy_to_user(TEXT_BASE, text, size) == 0);
    return file->operations->write(file, &unrevoked, TEXT_BASE, size);
}

int64_t file_read_entries(struct file *file, void *buffer, size_t size) {
    size_t inside;
    uint64_t address = user_address(buffer, size, &inside);
    int64_t result = file->operations->read_directory(file, &unrevoked, address, size);
    if (result > 0) require(copy_from_user(buffer, address, inside) == 0);
    return result;
}

int64_t file_seek(struct file *file, int64_t offset, int whence) {
    return file->operations->seek(file, &unrevoked, offset, whence);
}

struct stat file_stat(struct file *file) {
    struct stat stat;
    require(file->operations->stat(file, &unrevoked, &stat) == 0);
    return stat;
}

// ---- Trees -------------------------------------------------------------------------------------

void file_make(const char *path, const char *contents) {
    struct file *file = file_at(path, O_WRONLY | O_CREAT | O_TRUNC);
    require(file_write_text(file, contents) == (int64_t)strlen(contents));
    file_close(file);
}

void remove_below(const char *directory) {
    char path[2048];
    struct directory_entry entry;
    struct file *file = file_at(directory, O_RDONLY | O_DIRECTORY);
    while (file_read_entries(file, user, sizeof(entry)) > 0) {
        memcpy(&entry, user, sizeof(entry));
        int length = snprintf(path, sizeof(path), "%s%s/", directory, entry.name);
        require(length > 0 && (size_t)length < sizeof(path));
        if (entry.kind == FILE_KIND_DIRECTORY) remove_below(path);
        path[length - 1] = 0;
        require(path_unlink(path) == 0);
    }
    file_close(file);
}
