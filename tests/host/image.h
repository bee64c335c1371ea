// SPDX-License-Identifier: MIT
// Program files and archives made in memory, for the tests of the loader, exec and a whole boot.
#pragma once

#include "abi/types.h"

#define IMAGE_HEADERS 120 // bytes of ELF header and first program header
#define IMAGE_OFFSET  0x1000

// A program file that loads `text` (read and execute) at `address`, followed by one page of zeroed
// data. Its size, or 0 if it does not fit.
size_t image_elf(void *file, size_t room, uint64_t address, const void *text, size_t text_size);

// A ustar archive of the directory bin/ and of bin/init with that program. Its size.
size_t image_archive_init(void *archive, size_t room, const void *text, size_t text_size);

// Appends one entry to an archive: a file, or a directory if `contents` is NULL. The new size.
size_t image_archive_add(char *archive, size_t at, const char *name, const void *contents,
                         size_t size);
