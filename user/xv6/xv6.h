// SPDX-License-Identifier: MIT
// What programs for xv6-riscv are given, from this library's side: the same functions and
// structures as in include/, under names that do not clash with capv6's own.
#pragma once

#include "abi/types.h"
#include "sys/types.h"

#define XV6_O_WRONLY 0x001
#define XV6_O_RDWR   0x002
#define XV6_O_CREATE 0x200
#define XV6_O_TRUNC  0x400

#define XV6_DIRECTORY 1
#define XV6_FILE      2
#define XV6_DEVICE    3
#define XV6_CONSOLE   1 // a device's major number

#define XV6_NAME_SIZE 14

struct xv6_stat {
    int dev;
    uint32_t ino;
    int16_t type;
    int16_t nlink;
    uint64_t size;
};

struct xv6_dirent {
    uint16_t inum;
    char name[XV6_NAME_SIZE];
};

int xv6_fork(void);
_Noreturn void xv6_exit(int status);
int xv6_wait(int *status);
int xv6_pipe(int descriptors[2]);
int xv6_write(int descriptor, const void *buffer, int size);
int xv6_read(int descriptor, void *buffer, int size);
int xv6_close(int descriptor);
int xv6_kill(int pid);
int xv6_exec(const char *path, char **argv);
int xv6_open(const char *path, int flags);
int xv6_mknod(const char *path, short major, short minor);
int xv6_unlink(const char *path);
int xv6_fstat(int descriptor, struct xv6_stat *status);
int xv6_link(const char *old, const char *new);
int xv6_mkdir(const char *path);
int xv6_chdir(const char *path);
int xv6_dup(int descriptor);
int xv6_getpid(void);
char *xv6_sbrk(int increment);
int xv6_sleep(int ticks);
int xv6_uptime(void);
int xv6_stat(const char *path, struct xv6_stat *status);
void *xv6_memmove(void *to, const void *from, int size);
char *xv6_strchr(const char *text, char c);
void xv6_fprintf(int descriptor, const char *format, ...) __attribute__((format(printf, 2, 3)));
void xv6_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xv6_gets(char *buffer, int max);
uint32_t xv6_strlen(const char *text);
void *xv6_memset(void *memory, int byte, uint32_t size);
int xv6_memcmp(const void *a, const void *b, uint32_t size);
void *xv6_memcpy(void *to, const void *from, uint32_t size);
void *xv6_malloc(uint32_t size);
