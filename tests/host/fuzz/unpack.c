// SPDX-License-Identifier: MIT
// Fuzzes the unpacking of the initial archive: the input's first byte says how many of the headers'
// checksums are put right, the rest changes bits of a good archive, or goes on behind its end.
#include <stdlib.h>
#include <string.h>

#include "fs/ramfs.h"
#include "fs_support.h"
#include "image.h"

#define BLOCK 512

static char good[8 * BLOCK + 1024];
static size_t good_size;
static uint64_t free_before;

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(const void *archive, size_t size) {
    size_t bad_offset = 0;
    int error = ramfs_unpack(inode_root(), archive, size, NULL, &bad_offset);
    if (error && bad_offset > size) abort();
    remove_below("/");
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    fs_setup();
    size_t at = image_archive_add(good, 0, "bin/", NULL, 0);
    at = image_archive_add(good, at, "bin/sh", "a file of some bytes", 20);
    at = image_archive_add(good, at, "etc/", NULL, 0);
    at = image_archive_add(good, at, "bin/ls", "", 0);
    good_size = image_archive_end(at);
    unpack(good, good_size);
    free_before = pages_free();
    return 0;
}

static void fix_checksum(uint8_t *header) {
    uint32_t sum = 0;
    memset(header + 148, ' ', 8);
    for (int i = 0; i < BLOCK; i++) sum += header[i];
    for (int i = 5; i >= 0; i--, sum /= 8) header[148 + i] = (uint8_t)('0' + sum % 8);
    header[154] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    size_t archive_size = size - 1 > good_size ? size - 1 : good_size;
    uint8_t *archive = calloc(1, archive_size);
    memcpy(archive, good, good_size);
    for (size_t i = 1; i < size; i++) archive[i - 1] ^= data[i];
    for (size_t i = 0; i < data[0] % 16u && (i + 1) * BLOCK <= archive_size; i++)
        fix_checksum(archive + i * BLOCK);
    unpack(archive, archive_size);
    free(archive);
    if (pages_free() + 16 < free_before) abort(); // memory was lost
    return 0;
}
