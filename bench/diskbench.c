// SPDX-License-Identifier: MIT
// What files on a disk cost: marks stand around each operation, and tools/marks_plugin.c counts
// between them. bench/disk.py knows the numbers of the marks.
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <syscalls.h>
#include <unistd.h>

#ifdef __riscv
#define MARK(number) __asm__ volatile("slti zero, zero, %0" ::"i"(0x700 + (number)) : "memory")
#else
#define MARK(number) __asm__ volatile("nopl %c0(%%rax)" ::"i"(0x700 + (number)) : "memory")
#endif

#define ROUNDS    10
#define FILE_SIZE (64 << 20)

static char page[4096];
static char piece[65536];

static void need(int64_t result, const char *what) {
    if (result < 0) errx(1, "%s: error %ld", what, (long)-result);
}

// Each step of a file's life; at the end it was made durable twice.
static void live(void) {
    MARK(0);
    int64_t slot = sys_open("/home/new", O_WRONLY | O_CREAT | O_EXCL);
    MARK(1);
    need(slot, "create");
    MARK(2);
    int64_t written = sys_write(slot, page, sizeof(page));
    MARK(3);
    need(written, "write");
    MARK(4);
    int64_t synced = sys_fsync(slot);
    MARK(5);
    need(synced, "fsync");
    sys_close(slot);
    MARK(6);
    int64_t removed = sys_unlink("/home/new");
    MARK(7);
    need(removed, "unlink");
    need(sys_sync(), "sync");
    MARK(8);
}

// Takes all memory for a moment, so that the disk's cache gives up what it has.
static void empty_cache(void) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        char *memory;
        while ((memory = sbrk(sizeof(piece))) != (void *)-1)
            for (size_t i = 0; i < sizeof(piece); i += sizeof(page)) memory[i] = 1;
        _exit(0);
    }
    need(sys_wait(pid, &status, 0), "wait");
}

static void read_whole(int64_t slot, int first) {
    need(sys_lseek(slot, 0, SEEK_SET), "seek");
    int64_t total = 0, got;
    if (first)
        MARK(9);
    else
        MARK(11);
    while ((got = sys_read(slot, piece, sizeof(piece))) > 0) total += got;
    if (first)
        MARK(10);
    else
        MARK(12);
    if (total != FILE_SIZE) errx(1, "read %ld bytes", (long)total);
}

int main(void) {
    for (int i = 0; i < ROUNDS; i++) live();
    int64_t slot = sys_open("/home/large", O_RDWR | O_CREAT);
    need(slot, "create");
    for (int64_t done = 0; done < FILE_SIZE; done += sizeof(piece))
        need(sys_write(slot, piece, sizeof(piece)), "write");
    need(sys_sync(), "sync");
    empty_cache();
    read_whole(slot, 1);
    read_whole(slot, 0);
    return 0;
}
