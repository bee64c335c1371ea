// SPDX-License-Identifier: MIT
// Fuzzes the ELF loader: the input changes bits of a good program's headers, so that no input at
// all is the good program, and its first byte cuts the file.
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "image.h"
#include "proc/elf.h"

static char good[16 * 1024];
static size_t good_size;

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    static const char text[2 * 4096 + 10];
    (void)count;
    (void)arguments;
    kernel_setup();
    good_size = image_elf(good, sizeof(good), USER_PROGRAM_BASE, text, sizeof(text));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct address_space *space = address_space_create(NULL);
    size_t file_size = good_size - (size > 0 ? data[0] * 48u : 0);
    char *file = malloc(file_size);
    uint64_t entry;
    memcpy(file, good, file_size);
    for (size_t i = 1; i < size && i <= file_size; i++) file[i - 1] ^= (char)data[i];
    struct inode *inode = image_inode(file, file_size);
    sleep_lock_acquire(&inode->lock);
    int error = elf_load(inode, space, &entry);
    sleep_lock_release(&inode->lock);
    if (error == 0 && entry >= USER_ADDRESS_MAX) abort();
    address_space_destroy(space);
    free(file);
    if (pages_free() + 16 < HOST_PAGES_DEFAULT - 64) abort(); // pages were lost
    return 0;
}
