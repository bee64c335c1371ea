// SPDX-License-Identifier: MIT
// What all traps from user mode end with.
#pragma once

#include "lib/print.h"
#include "proc/process.h"

// What a thread owes the rest of the system before it goes on in user mode: to end if it was
// killed, to give way if a better thread is ready. Interrupts are off, no lock is held.
static inline void trap_settle_before_user(void)
{
    if (__builtin_expect(__atomic_load_n(&thread_current()->killed, __ATOMIC_RELAXED), 0))
        process_exit_killed();
    sched_preempt();
}
