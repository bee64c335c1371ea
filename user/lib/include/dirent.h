// SPDX-License-Identifier: MIT
// Reading directories.
#pragma once

#include "abi/stat.h"

struct dirent {
    uint64_t d_ino;
    uint32_t d_type; // DT_REG, ...
    char d_name[256];
};

#define DT_REG FILE_KIND_REGULAR
#define DT_DIR FILE_KIND_DIRECTORY
#define DT_CHR FILE_KIND_DEVICE

typedef struct directory_stream DIR;

DIR *opendir(const char *path);
// The next entry, valid until the next call; NULL at the end or, with errno set, on failure.
struct dirent *readdir(DIR *directory);
int closedir(DIR *directory);
