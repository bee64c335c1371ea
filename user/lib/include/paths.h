// SPDX-License-Identifier: MIT
// Paths as text, and walking trees, for programs that take files as their operands.
#pragma once

#include "abi/types.h"
#include "abi/fcntl.h"
#include "sys/stat.h"
#include "stdio.h"

// Where programs are looked for when $PATH does not say.
#define PATH_DEFAULT "/bin:/run"

// The last name of a path; trailing slashes are left out of it if there are any, in `name`, which
// has PATH_MAX bytes.
void path_last_name(char *name, const char *path);

// "DIRECTORY/NAME" in `joined`, which has PATH_MAX bytes. 0, or -1 with errno ENAMETOOLONG.
int path_join(char *joined, const char *directory, const char *name);

bool path_is_directory(const char *path);

// Where `source` is to go: into `target` under its own name if that is a directory, else to
// `target` itself. 0 or -1, as path_join().
int path_target(char *joined, const char *source, const char *target);

// Calls visit(path, status, context) for a path and, if it is a directory, for all that is in it:
// the directory first, or with `contents_first` last. What cannot be read gets a warning. 0, or 1
// if anything failed or visit() returned something else than 0.
int path_walk(const char *path, bool contents_first,
              int (*visit)(const char *path, const struct stat *status, void *context),
              void *context);

// A file to read; "-" is standard input. NULL after a warning.
FILE *input_open(const char *path);
// 0, or 1 after a warning that reading failed. Closes it, unless it is standard input.
int input_close(FILE *input, const char *path);
