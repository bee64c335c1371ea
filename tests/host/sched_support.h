// SPDX-License-Identifier: MIT
// What the scheduler's tests on one CPU share: a history of what ran, and time.
#pragma once

#include <check.h>
#include <string.h>

#include "kernel.h"
#include "sched/thread.h"

#define MILLISECOND NANOSECONDS_PER_MILLISECOND

// What happened, a letter each.
static char history[256];
static uint32_t history_length;

static inline void note(char c) {
    require(history_length < sizeof(history) - 1);
    history[history_length++] = c;
}

static inline void note_own_name(void *context) {
    (void)context;
    note(thread_current()->name[0]);
}

static inline uint64_t after(uint64_t milliseconds) {
    return clock_now() + milliseconds * MILLISECOND;
}

// Long enough for everything that can happen without time passing.
static inline void let_others_run(void) { require(thread_sleep_until(after(1)) == WAKE_TIMEOUT); }
