// SPDX-License-Identifier: MIT
// For programs written for xv6-riscv: its calls and its library. Names that mean something else in
// capv6's own library lead to xv6_…, which translates.
#pragma once

#include "kernel/types.h"

struct stat;

#define XV6(name) __asm__("xv6_" #name)

// System calls. They return -1 for every error.
int fork(void) XV6(fork);
int exit(int) XV6(exit) __attribute__((noreturn));
int wait(int *) XV6(wait);
int pipe(int *) XV6(pipe);
int write(int, const void *, int) XV6(write);
int read(int, void *, int) XV6(read);
int close(int) XV6(close);
int kill(int) XV6(kill);
int exec(const char *, char **) XV6(exec);
int open(const char *, int) XV6(open);
int mknod(const char *, short, short) XV6(mknod);
int unlink(const char *) XV6(unlink);
int fstat(int fd, struct stat *) XV6(fstat);
int link(const char *, const char *) XV6(link);
int mkdir(const char *) XV6(mkdir);
int chdir(const char *) XV6(chdir);
int dup(int) XV6(dup);
int getpid(void) XV6(getpid);
char *sbrk(int) XV6(sbrk);
int sleep(int) XV6(sleep); // in ticks, of which there are ten a second
int pause(int) XV6(sleep);
int uptime(void) XV6(uptime);

// The library.
int stat(const char *, struct stat *) XV6(stat);
char *strcpy(char *, const char *);
void *memmove(void *, const void *, int) XV6(memmove);
char *strchr(const char *, char c) XV6(strchr);
int strcmp(const char *, const char *);
void fprintf(int, const char *, ...) XV6(fprintf) __attribute__((format(printf, 2, 3)));
void printf(const char *, ...) XV6(printf) __attribute__((format(printf, 1, 2)));
char *gets(char *, int max) XV6(gets);
uint strlen(const char *) XV6(strlen);
void *memset(void *, int, uint) XV6(memset);
int atoi(const char *);
int memcmp(const void *, const void *, uint) XV6(memcmp);
void *memcpy(void *, const void *, uint) XV6(memcpy);
void *malloc(uint) XV6(malloc);
void free(void *);

#undef XV6
