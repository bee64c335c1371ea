// SPDX-License-Identifier: MIT
// How the library turns a raw result into the POSIX form. For the library's own files.
#pragma once

#include <errno.h>
#include "abi/types.h"

// The result itself, or -1 with errno set.
static inline int64_t result_or_errno(int64_t result) {
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}
