// SPDX-License-Identifier: MIT
// Program files and archives made in memory, for the tests of the loader, exec and a whole boot.
#pragma once

#include "abi/types.h"
#include "fs/inode.h"

#define IMAGE_OFFSET 0x1000 // where in the file the text stands

struct image_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

// The beginning of such a file.
struct image_headers {
    uint8_t identity[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_size, program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count, section_names;
    struct image_segment segments[2]; // text, data
};

// A program file that loads `text` (read and execute) at `address`, followed by one page of zeroed
// data. Its size, or 0 if it does not fit.
size_t image_elf(void *file, size_t room, uint64_t address, const void *text, size_t text_size);

// Appends one entry to an archive: a file, or a directory if `contents` is NULL. The new size.
size_t image_archive_add(char *archive, size_t at, const char *name, const void *contents,
                         size_t size);

// The whole archive's size, with the blocks that end it.
size_t image_archive_end(size_t at);

// A file that is just these bytes. get_page() gives copies.
struct inode *image_inode(const void *bytes, size_t size);
