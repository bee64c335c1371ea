// SPDX-License-Identifier: MIT
// Threads: the library's forms of the calls.
#include <syscalls.h>
#include <thread.h>
#include "result.h"

cap_token thread_self(void) { return result_or_errno(sys_thread_self()); }

int thread_setschedparam(cap_token thread, int priority) {
    return (int)result_or_errno(sys_thread_setschedparam(thread, priority));
}

int thread_getschedparam(cap_token thread) {
    return (int)result_or_errno(sys_thread_getschedparam(thread));
}
