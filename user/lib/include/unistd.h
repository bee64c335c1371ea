// SPDX-License-Identifier: MIT
// Descriptors and processes. Calls return -1 and set errno when they fail, unless said otherwise.
#pragma once

#include "abi/fcntl.h"
#include "sys/types.h"

#define STDIN_FILENO  0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

ssize_t read(int descriptor, void *buffer, size_t size);
ssize_t write(int descriptor, const void *buffer, size_t size);
int close(int descriptor);
off_t lseek(int descriptor, off_t offset, int whence);
int dup(int descriptor);
int dup2(int descriptor, int target);
int pipe(int descriptors[2]);
int isatty(int descriptor);
int unlink(const char *path);
// For a directory, which must be empty, as unlink() for anything.
int rmdir(const char *path);
int link(const char *old, const char *new);
int chdir(const char *path);
// The absolute path of the current directory, found by walking up to the root. ERANGE: it does not
// fit.
char *getcwd(char *path, size_t size);
int truncate(const char *path, off_t size);
int ftruncate(int descriptor, off_t size);
int fsync(int descriptor);
int sync(void);

pid_t fork(void);
// The environment: "NAME=VALUE" strings and a NULL, which programs pass on to those that they run.
// See stdlib.h for single ones. execv() and spawn() pass this one on.
extern char **environ;
int execv(const char *path, char *const argv[]);
// Looks a name without a slash up in the directories of $PATH, /bin:/run if there is none.
int execvp(const char *name, char *const argv[]);
int execve(const char *path, char *const argv[], char *const environment[]);
pid_t getpid(void);
pid_t getppid(void);
// Puts a process (0: the caller, else it or a child) into a group (0: its own).
int setpgid(pid_t pid, pid_t group);
// Makes a group the one that Ctrl-C ends; 0: none.
int tcsetpgrp(int descriptor, pid_t group);
_Noreturn void _exit(int status);

// Returns 0: nothing wakes a sleeper early.
unsigned sleep(unsigned seconds);
// The heap's previous end, or (void *)-1.
void *sbrk(intptr_t increment);

// Options "abc:" of a command line, in the usual way: 'a', 'b', 'c' with its argument in optarg,
// '?' for an unknown one (with a message if opterr is set), -1 behind the last; optind is then
// the first operand.
int getopt(int argc, char *const argv[], const char *options);
extern char *optarg;
extern int optind, opterr, optopt;

// write() until everything is written or an error comes.
int write_all(int descriptor, const void *buffer, size_t size);
