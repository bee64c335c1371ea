// SPDX-License-Identifier: MIT
// Threads by their handles, which are tokens; 0 names the calling thread. All threads of a program
// share errno, and of the library's functions with a memory only malloc() and its kin may be called
// by several at once: a thread that looks at errors uses the sys_ functions, and one of them
// prints.
#pragma once

#include <stdint.h>
#include "abi/cap.h"
#include "abi/ipc.h"

#define THREAD_PRIORITY_LOWEST  1
#define THREAD_PRIORITY_HIGHEST 31
#define THREAD_STACK_SIZE       (64 * 1024) // bytes, got as they are used

// Runs function(argument) in a thread; its value, or what it gives to thread_exit(), is the result.
// EMFILE: a process has 16 at most, ended ones included that nobody has waited for.
cap_token thread_create(uint64_t (*function)(void *argument), void *argument);
_Noreturn void thread_exit(uint64_t result);

// Waits for the end of a thread; `result` may be NULL. The handle is then gone. EBADF, EDEADLK for
// oneself, ETIMEDOUT.
int thread_join(cap_token thread, uint64_t *result);
int thread_timedjoin(cap_token thread, uint64_t *result, int64_t timeout);

// Nobody will wait for it. EBADF.
int thread_detach(cap_token thread);

cap_token thread_self(void);
// EPERM above what the process was given at most, see spawn()'s attributes. ESRCH if it has ended.
int thread_setschedparam(cap_token thread, int priority);
int thread_getschedparam(cap_token thread);
