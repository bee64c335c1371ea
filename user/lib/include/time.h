// SPDX-License-Identifier: MIT
// Clock and sleep.
#pragma once

#include "abi/types.h"

typedef int64_t time_t;
struct timespec {
    time_t tv_sec;
    long tv_nsec;
};

struct tm {
    int tm_sec, tm_min, tm_hour;
    int tm_mday; // 1 … 31
    int tm_mon;  // 0 … 11
    int tm_year; // since 1900
    int tm_wday; // 0 is Sunday
    int tm_yday; // 0 … 365
};

// A time in UTC, taken apart.
struct tm *gmtime_r(const time_t *restrict time, struct tm *restrict parts);

// Waits for that long. Nothing wakes a sleeper early, so *rest, if given, becomes zero.
int nanosleep(const struct timespec *wanted, struct timespec *rest);

// Seconds since 1970 began; -1 on a machine that does not know the time of day. *now, if given,
// gets it too.
time_t time(time_t *now);

// Nanoseconds since the machine was started.
uint64_t clock_nanoseconds(void);
