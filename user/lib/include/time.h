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

// Seconds since 1970 began; -1 on a machine that does not know the time of day. *now, if given,
// gets it too.
time_t time(time_t *now);

// Nanoseconds since the machine was started.
uint64_t clock_nanoseconds(void);
