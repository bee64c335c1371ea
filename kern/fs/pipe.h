// SPDX-License-Identifier: MIT
// Pipes: a ring of one page between two open files.
#pragma once

#include "fs/file.h"

// Two files with one reference each: [0] reads, [1] writes. -ENOMEM.
int pipe_create(struct file *files[2]);
void pipe_init(void);
