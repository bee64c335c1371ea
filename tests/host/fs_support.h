// SPDX-License-Identifier: MIT
// What the tests of files share: an empty root directory, a buffer in user memory, and short forms
// of the file operations.
#pragma once

#include <check.h>

#include "abi/errno.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "kernel.h"

// A buffer that the file operations below pass as user memory: its bytes are those of USER_PAGES
// pages that can be used, and behind them comes one that cannot.
#define USER_PAGES 64
#define USER_SIZE  (USER_PAGES * PAGE_SIZE)
extern char user[USER_SIZE];

// A fixture: kernel_setup(), an empty root, user memory.
void fs_setup(void);

// The same within kernel_run(), and what each further thread begins and ends with.
void fs_setup_in_thread(void);
void fs_thread_begin(void);
void fs_thread_end(void);

// As user programs would call them on a capability that is not revoked. `file_at` asserts that the
// path can be opened.
struct file *file_at(const char *path, uint32_t flags);
int open_error(const char *path, uint32_t flags); // closes it again if it could be opened
void file_close(struct file *file);
int64_t file_read(struct file *file, void *buffer, size_t size);
int64_t file_write(struct file *file, const void *buffer, size_t size);
int64_t file_read_entries(struct file *file, void *buffer, size_t size);
int64_t file_seek(struct file *file, int64_t offset, int whence);
struct stat file_stat(struct file *file);

// The same through a given pin.
int64_t file_read_through(const struct cap_ref *ref, struct file *file, void *buffer, size_t size);
int64_t file_write_through(const struct cap_ref *ref, struct file *file, const void *buffer,
                           size_t size);

// Writes bytes that are not in the buffer.
int64_t file_write_text(struct file *file, const char *text);

// Makes a file with these contents.
void file_make(const char *path, const char *contents);

// Removes everything below a directory, whose path ends in a slash.
void remove_below(const char *directory);
