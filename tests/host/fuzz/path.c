// SPDX-License-Identifier: MIT
// Fuzzes paths: each line of the input is a call on one or two paths, in a file system in memory
// and the same on a disk. Both must answer alike, and the disk must be clean in the end.
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"

#define BLOCKS 512

static struct memory_disk disk;
static struct inode *in_memory;
static struct file_system *mounted;

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    fs_setup();
    in_memory = inode_root();
    memory_disk_make(&disk, BLOCKS, 1024, 64); // more than a line each can use up
    mounted = disk_mount_root(&disk);
    return 0;
}

static int call(char kind, const char *path, const char *other) {
    switch (kind % 8) {
    case 0: return path_make_directory(path);
    case 1: return path_unlink(path);
    case 2: return path_link(path, other);
    case 3:
    case 4: return path_rename(path, other);
    case 5: return open_error(path, O_RDONLY | O_DIRECTORY);
    case 6: return open_error(path, O_RDWR);
    default: return open_error(path, O_WRONLY | O_CREAT);
    }
}

static void call_both(char kind, const char *path, const char *other) {
    inode_set_root(in_memory);
    int expected = call(kind, path, other);
    inode_set_root(mounted->root);
    if (call(kind, path, other) != expected) abort();
}

// A line: a letter, a path and, behind a space, another one.
static void call_line(char *line) {
    if (!*line) return;
    char *path = line + 1, *other = strchr(path, ' ');
    if (other) *other++ = 0;
    call_both(*line, path, other ? other : "/a/b");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), *rest = text;
    memcpy(text, data, size);
    text[size] = 0;
    while (rest) {
        char *line = strsep(&rest, "\n");
        call_line(line);
    }
    free(text);
    inode_set_root(in_memory);
    remove_below("/");
    inode_set_root(mounted->root);
    remove_below("/");
    if (disk_sync(mounted) || !disk_is_clean_quietly(disk.image, BLOCKS)) abort();
    return 0;
}
