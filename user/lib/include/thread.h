// SPDX-License-Identifier: MIT
// Threads by their handles, which are tokens; 0 names the calling thread.
#pragma once

#include "abi/cap.h"

#define THREAD_PRIORITY_LOWEST  1
#define THREAD_PRIORITY_HIGHEST 31

cap_token thread_self(void);
// EPERM above what the process was given at most, see spawn()'s attributes.
int thread_setschedparam(cap_token thread, int priority);
int thread_getschedparam(cap_token thread);
