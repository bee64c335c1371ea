// SPDX-License-Identifier: MIT
// What all traps end with.
#pragma once

#include "sched/thread.h"

// Ends the current process if it was killed, or gives way to a better thread.
void trap_settle(void);

// What a thread owes the rest of the system before it goes on in user mode. Interrupts are off, no
// lock is held.
static inline void trap_settle_before_user(void) {
    if (__builtin_expect(__atomic_load_n(&thread_current()->attention, __ATOMIC_RELAXED), 0))
        trap_settle();
}
