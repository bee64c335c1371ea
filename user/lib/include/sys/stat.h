// SPDX-License-Identifier: MIT
// What a file is. The structure is the kernel's; POSIX's member names are given as well.
#pragma once

#include "abi/stat.h"
#include "sys/types.h"

#define st_ino   inode
#define st_size  size
#define st_nlink links
#define st_dev   device
#define st_mode  kind

#define S_ISREG(mode)  ((mode) == FILE_KIND_REGULAR)
#define S_ISDIR(mode)  ((mode) == FILE_KIND_DIRECTORY)
#define S_ISCHR(mode)  ((mode) == FILE_KIND_DEVICE)
#define S_ISFIFO(mode) ((mode) == FILE_KIND_PIPE)

int fstat(int descriptor, struct stat *stat);
// Opens the file for the moment: needs what open() for reading needs.
int stat(const char *path, struct stat *stat);
int file_system_info(const char *path, struct file_system_info *info);
int mknod(const char *path, int64_t device);
// A second argument, POSIX's mode, is accepted and means nothing.
int mkdir(const char *path, ...);
