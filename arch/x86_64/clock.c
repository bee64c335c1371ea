// SPDX-License-Identifier: MIT
// The clock and the timer. The clock is the time-stamp counter, measured once at boot against the
// local APIC's timer; it is the same on every CPU of QEMU. A CPU's deadline is its own.
#include "machine.h"

// The measurement ends when the two readings of which each end consists are so much closer than the
// ends: what is then unknown of the ratio is one part in PRECISION.
#define PRECISION   2000
#define SAMPLES     8
#define WINDOW_MAX  UINT32_C(50000000) // nanoseconds: on a host this busy it must do
#define RATIO_ONE   (UINT64_C(1) << 32)
#define RATIO_CLOSE (RATIO_ONE / 500)

static uint64_t clock_start; // counter value at time 0
static uint64_t clock_ratio; // nanoseconds per count, in units of 2^-32

struct reading {
    uint64_t counter;
    uint32_t timer_left;
    uint64_t uncertainty; // of the counter
};

static struct reading read_both(void)
{
    uint64_t before = tsc_read();
    uint32_t left = lapic_timer_left();
    uint64_t after = tsc_read();
    return (struct reading){before + (after - before) / 2, left, after - before};
}

static struct reading read_both_closely(void)
{
    struct reading best = read_both();
    for (int i = 1; i < SAMPLES; i++) {
        struct reading next = read_both();
        if (next.uncertainty < best.uncertainty)
            best = next;
    }
    return best;
}

void clock_calibrate(void)
{
    lapic_timer_start(UINT32_MAX);
    struct reading start = read_both_closely(), end;
    do {
        end = read_both_closely();
    } while (end.counter - start.counter < PRECISION * (start.uncertainty + end.uncertainty) / 2 &&
             start.timer_left - end.timer_left < WINDOW_MAX);
    lapic_timer_start(0);
    uint64_t nanoseconds = start.timer_left - end.timer_left;
    clock_ratio = (nanoseconds << 32) / (end.counter - start.counter);
    // With the emulator's instruction counter both run at the same rate exactly.
    if (clock_ratio > RATIO_ONE - RATIO_CLOSE && clock_ratio < RATIO_ONE + RATIO_CLOSE)
        clock_ratio = RATIO_ONE;
    clock_start = start.counter;
}

uint64_t arch_clock_now(void)
{
    return (uint64_t)((unsigned __int128)(tsc_read() - clock_start) * clock_ratio >> 32);
}

// A longer time than the timer can hold ends early, and clock_timer_expired() goes on.
static void start_timer(uint64_t deadline)
{
    uint64_t now = arch_clock_now();
    uint64_t nanoseconds = deadline > now ? deadline - now : 1;
    lapic_timer_start(nanoseconds < UINT32_MAX ? (uint32_t)nanoseconds : UINT32_MAX);
}

void arch_timer_set(uint64_t deadline)
{
    bool were_on = arch_interrupts_save();
    struct cpu_area *area = cpu_own_area();
    if (area->timer_deadline != deadline) {
        area->timer_deadline = deadline;
        if (deadline == UINT64_MAX)
            lapic_timer_start(0);
        else
            start_timer(deadline);
    }
    if (were_on)
        arch_interrupts_on();
}

bool clock_timer_expired(void)
{
    struct cpu_area *area = cpu_own_area();
    uint64_t deadline = area->timer_deadline;
    if (deadline == UINT64_MAX)
        return false;
    if (arch_clock_now() < deadline) {
        start_timer(deadline);
        return false;
    }
    area->timer_deadline = UINT64_MAX;
    return true;
}
