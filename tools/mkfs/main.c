// SPDX-License-Identifier: MIT
// mkfs IMAGE SIZE [PATH=FILE ...]: makes an image of a disk with a file system on it. SIZE is in
// bytes, or with K, M or G behind it. Every PATH becomes a copy of FILE, or a directory if there is
// no =. Equal input gives equal images.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_image.h"

static _Noreturn void give_up(const char *what, const char *why) {
    fprintf(stderr, "mkfs: %s: %s\n", what, why);
    exit(1);
}

static uint64_t parse_size(const char *text) {
    char *end;
    uint64_t size = strtoull(text, &end, 10), factor = 1;
    if (*end == 'K') factor = 1 << 10;
    if (*end == 'M') factor = 1 << 20;
    if (*end == 'G') factor = 1 << 30;
    if (end == text || (*end && (factor == 1 || end[1]))) give_up(text, "not a size like 64M");
    return size > UINT64_MAX / factor ? UINT64_MAX : size * factor;
}

// Maps a file to read it. An empty one gives some other address than NULL.
static const void *map_file(const char *path, uint64_t *size) {
    struct stat stat;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &stat) != 0) {
        perror(path);
        exit(1);
    }
    *size = (uint64_t)stat.st_size;
    const void *bytes = "";
    if (*size > 0) bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) give_up(path, "cannot be mapped");
    close(file);
    return bytes;
}

static uint8_t *map_image(const char *path, uint64_t size) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || ftruncate(file, (off_t)size) != 0) {
        perror(path);
        exit(1);
    }
    uint8_t *image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (image == MAP_FAILED) give_up(path, "cannot be mapped");
    close(file);
    return image;
}

static void add_argument(struct image_builder *builder, char *argument) {
    char *equals = strchr(argument, '=');
    const void *contents = NULL;
    uint64_t size = 0;
    if (equals) {
        *equals = 0;
        contents = map_file(equals + 1, &size);
    }
    const char *wrong = image_build_add(builder, argument, contents, size);
    if (wrong) give_up(argument, wrong);
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: mkfs IMAGE SIZE [PATH=FILE | DIRECTORY ...]\n");
        return 1;
    }
    struct image_builder builder;
    uint32_t inodes, log_blocks;
    uint64_t blocks = parse_size(arguments[2]) / DISK_BLOCK_SIZE;
    if (!image_build_choose_sizes(blocks, &inodes, &log_blocks))
        give_up(arguments[2], "a disk has 512K at least and 64G at most");
    image_build_begin(&builder, map_image(arguments[1], blocks * DISK_BLOCK_SIZE), (uint32_t)blocks,
                      inodes, log_blocks);
    for (int i = 3; i < count; i++) add_argument(&builder, arguments[i]);
    const char *wrong = image_build_end(&builder);
    if (!wrong) return 0;
    unlink(arguments[1]);
    give_up(arguments[1], wrong);
}
