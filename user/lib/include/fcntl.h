// SPDX-License-Identifier: MIT
// open() and its flags. A new descriptor may not be handed on by spawn unless O_GRANT asks for it.
#pragma once

#include "abi/fcntl.h"

// A third argument, POSIX's mode of a new file, is accepted and means nothing.
int open(const char *path, int flags, ...);
