// SPDX-License-Identifier: MIT
// Threads for tests.
#include "threads.h"

uint32_t threads_now(void) {
    struct process_info info;
    int64_t self = sys(getpid);
    CHECK_EQUAL(sys(process_info, self, &info), self);
    return info.threads;
}

uint64_t twice(void *argument) { return 2 * (uint64_t)argument; }

uint64_t sleep_for_ever(void *argument) {
    while (sys(sleep, INT64_MAX) == 0) {}
    return (uint64_t)argument;
}

int64_t start(uint64_t (*function)(void *), uint64_t argument) {
    return NEED(thread_create(function, (void *)argument));
}

uint64_t join(int64_t thread) {
    uint64_t result;
    CHECK_EQUAL(thread_join(thread, &result), 0);
    return result;
}
