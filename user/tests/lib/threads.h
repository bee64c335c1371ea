// SPDX-License-Identifier: MIT
// Threads for tests: starting and joining must succeed.
#pragma once

#include "../check.h"

#include <thread.h>

// How many the process has now.
uint32_t threads_now(void);

// What threads can do.
uint64_t twice(void *argument);
uint64_t sleep_for_ever(void *argument);

int64_t start(uint64_t (*function)(void *), uint64_t argument);
uint64_t join(int64_t thread);
