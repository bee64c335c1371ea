// SPDX-License-Identifier: MIT
// Timeouts: callbacks at a moment of the monotonic clock, kept in one list per CPU under that CPU's
// clock lock.
#pragma once

#include "arch.h"
#include "lib/list.h"

#define NANOSECONDS_PER_SECOND      UINT64_C(1000000000)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)
#define TIMEOUT_NEVER               UINT64_MAX

struct timeout {
    uint64_t deadline;
    void (*expire)(struct timeout *timeout); // interrupts off, no lock held
    uint32_t cpu;                            // whose list holds it; valid while armed
    bool armed;
    struct list node;
};

static inline uint64_t clock_now(void) { return arch_clock_now(); }

// Arms an unarmed timeout on this CPU. The caller keeps the memory until it expires or is
// cancelled.
void timeout_arm(struct timeout *timeout, uint64_t deadline, void (*expire)(struct timeout *));

// True if it was armed and now never expires; false if it has expired. When this returns, expire()
// is not running any more, so the caller holds no lock that expire() takes.
bool timeout_cancel(struct timeout *timeout);

// Runs what is due and sets the CPU's timer to the next deadline. Interrupts are off.
void clock_interrupt(void);
void clock_init(void);

// Makes sched_tick() run on this CPU at `tick`, or never: not before the next timeout. Interrupts
// are off.
void clock_set_tick(uint64_t tick);
