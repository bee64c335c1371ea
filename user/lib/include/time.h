// SPDX-License-Identifier: MIT
// Clock and sleep.
#pragma once

#include "abi/types.h"

typedef int64_t time_t;
struct timespec {
    time_t tv_sec;
    long tv_nsec;
};

// Waits for that long. Nothing wakes a sleeper early, so *rest, if given, becomes zero.
int nanosleep(const struct timespec *wanted, struct timespec *rest);

// Nanoseconds since the machine was started.
uint64_t clock_nanoseconds(void);
