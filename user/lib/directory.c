// SPDX-License-Identifier: MIT
// Reading directories, several entries a system call.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syscalls.h>
#include <unistd.h>
#include "result.h"

#define BUFFER_ENTRIES 8

struct directory_stream {
    int descriptor;
    size_t next; // entries[next … count) are not yet delivered
    size_t count;
    struct directory_entry entries[BUFFER_ENTRIES];
    struct dirent delivered;
};

DIR *opendir(const char *path) {
    DIR *directory = malloc(sizeof(*directory));
    if (directory == NULL) return NULL;
    directory->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->descriptor < 0) {
        free(directory);
        return NULL;
    }
    directory->next = directory->count = 0;
    return directory;
}

struct dirent *readdir(DIR *directory) {
    if (directory->next == directory->count) {
        int64_t size = result_or_errno(sys_read_directory(directory->descriptor, directory->entries,
                                                          sizeof(directory->entries)));
        if (size <= 0) return NULL;
        directory->next = 0;
        directory->count = (size_t)size / sizeof(directory->entries[0]);
    }
    const struct directory_entry *entry = &directory->entries[directory->next++];
    directory->delivered.d_ino = entry->inode;
    directory->delivered.d_type = entry->kind;
    strlcpy(directory->delivered.d_name, entry->name, sizeof(directory->delivered.d_name));
    return &directory->delivered;
}

int closedir(DIR *directory) {
    int result = close(directory->descriptor);
    free(directory);
    return result;
}
