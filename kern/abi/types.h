// SPDX-License-Identifier: MIT
// Fixed-width types for kernel and user programs alike; the compiler's own freestanding headers
// are the only ones used.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t ssize_t;
