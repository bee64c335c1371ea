// SPDX-License-Identifier: MIT
// fsck IMAGE: checks the image of a disk, which it does not change, and says what is wrong. Exit
// status 0: nothing; 1: something; 2: it cannot be checked.

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_image.h"

#define REPORTS_MAX 100

static void print(void *context, const char *what) {
    uint32_t *count = context;
    if (++*count <= REPORTS_MAX) printf("fsck: %s\n", what);
    if (*count == REPORTS_MAX) printf("fsck: and so on\n");
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: fsck IMAGE\n");
        return 2;
    }
    int file = open(arguments[1], O_RDONLY);
    off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
    if (size < 0) {
        perror(arguments[1]);
        return 2;
    }
    uint8_t *image = NULL;
    uint64_t blocks = (uint64_t)size / DISK_BLOCK_SIZE;
    if (blocks > 0) image = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (image == MAP_FAILED) {
        perror(arguments[1]);
        return 2;
    }
    uint32_t reports = 0, records;
    enum image_state state = image_check(image, blocks, print, &reports, &records);
    if (records > 0) printf("fsck: the log has %u records to be replayed\n", records);
    if (state == IMAGE_CLEAN) printf("fsck: %s is clean\n", arguments[1]);
    return (int)state;
}
