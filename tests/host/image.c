// SPDX-License-Identifier: MIT
// Program files and archives made in memory.

#include <stdio.h>
#include <string.h>

#include "image.h"
#include "mem/address_space.h"

#define BLOCK 512

size_t image_elf(void *file, size_t room, uint64_t address, const void *text, size_t text_size) {
    struct image_headers image = {
        .identity = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = ARCH_ELF_MACHINE,
        .version = 1,
        .entry = address,
        .program_headers = offsetof(struct image_headers, segments),
        .header_size = offsetof(struct image_headers, segments),
        .program_header_size = sizeof(image.segments[0]),
        .program_header_count = 2,
    };
    uint64_t data = page_round_up(address + text_size);
    image.segments[0].type = image.segments[1].type = 1;
    image.segments[0].flags = 5;
    image.segments[0].offset = IMAGE_OFFSET;
    image.segments[0].address = address;
    image.segments[0].file_size = image.segments[0].memory_size = text_size;
    image.segments[1].flags = 6;
    image.segments[1].offset = IMAGE_OFFSET;
    image.segments[1].address = data;
    image.segments[1].memory_size = PAGE_SIZE;
    if (room < IMAGE_OFFSET + text_size) return 0;
    memset(file, 0, IMAGE_OFFSET);
    memcpy(file, &image, sizeof(image));
    memcpy((char *)file + IMAGE_OFFSET, text, text_size);
    return IMAGE_OFFSET + text_size;
}

static void put_octal(char *field, size_t size, size_t value) {
    snprintf(field, size, "%0*zo", (int)size - 1, value);
}

size_t image_archive_add(char *archive, size_t at, const char *name, const void *contents,
                         size_t size) {
    char *header = archive + at;
    uint32_t sum = 0;
    memset(header, 0, BLOCK);
    snprintf(header, 100, "%s", name);
    put_octal(header + 100, 8, 0755);
    put_octal(header + 108, 8, 0);
    put_octal(header + 116, 8, 0);
    put_octal(header + 124, 12, size);
    put_octal(header + 136, 12, 0);
    memset(header + 148, ' ', 8);
    header[156] = contents ? '0' : '5';
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    for (int i = 0; i < BLOCK; i++) sum += (uint8_t)header[i];
    put_octal(header + 148, 7, sum);
    at += BLOCK;
    size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
    memset(archive + at, 0, padded + 2 * BLOCK); // two empty blocks end an archive
    if (contents) memcpy(archive + at, contents, size);
    return at + padded;
}

size_t image_archive_end(size_t at) { return at + 2 * BLOCK; }

// ---- A file in memory --------------------------------------------------------------------------

static struct inode inode;
static const char *inode_bytes;

static int64_t read_kernel(struct inode *file, uint64_t offset, void *buffer, size_t size) {
    if (offset >= file->size) return 0;
    if (size > file->size - offset) size = file->size - offset;
    memcpy(buffer, inode_bytes + offset, size);
    return (int64_t)size;
}

static void *get_page(struct inode *file, uint64_t index) {
    char *page = page_alloc_zeroed();
    if (page) read_kernel(file, index * PAGE_SIZE, page, PAGE_SIZE);
    return page;
}

struct inode *image_inode(const void *bytes, size_t size) {
    static const struct inode_operations operations = {.read_kernel = read_kernel,
                                                       .get_page = get_page};
    inode = (struct inode){.operations = &operations, .kind = FILE_KIND_REGULAR, .count = 1};
    inode.size = size;
    inode_bytes = bytes;
    sleep_lock_init(&inode.lock);
    return &inode;
}
