// SPDX-License-Identifier: MIT
// Semaphores, mutexes, condition variables, barriers, message queues and timers: limits, flags and
// what timer_gettime() reports.
#pragma once

#include "abi/types.h"

// Timeouts are relative, in nanoseconds.
#define TIMEOUT_FOREVER (-1)
#define TIMEOUT_TRY     0 // ETIMEDOUT at once instead of waiting

#define SEMAPHORE_VALUE_MAX 0x7fffffff
#define BARRIER_COUNT_MAX   0x7fffffff

#define RWLOCK_READERS_MAX 32 // at one time

#define QUEUE_MESSAGES_MAX 64
#define QUEUE_SIZE_MAX     1024 // bytes of one message
#define QUEUE_PRIORITIES   32   // 0 … 31; the highest is received first

#define BARRIER_SERIAL 1 // what one of each round gets from barrier_wait()

#define TIMER_ABSOLUTE (1u << 0) // timer_settime(): the first expiry is a moment of clock()

struct timer_state {
    uint64_t remaining; // nanoseconds until the next expiry; 0: not armed
    uint64_t interval;  // between expiries after that; 0: none follow
};
