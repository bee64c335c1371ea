// SPDX-License-Identifier: MIT
// The clock and the timer. The clock is the time-stamp counter, measured once at boot against the
// local APIC's timer; it is the same on every CPU of QEMU. A CPU's deadline is its own.
#include "machine.h"

// With the emulator's instruction counter the counter and the timer both count nanoseconds exactly,
// which a short look tells at little cost. Otherwise the host's clocks make noise of microseconds.
#define WINDOW_SHORT UINT32_C(20000) // nanoseconds
#define WINDOW_LONG  UINT32_C(10000000)
#define SAMPLES      8
#define RATIO_ONE    (UINT64_C(1) << 32)
#define PRECISION    500 // one part in so many

static uint64_t clock_start; // counter value at time 0
static uint64_t clock_ratio; // nanoseconds per count, in units of 2^-32

struct reading {
    uint64_t counter;
    uint32_t timer_left;
    uint64_t uncertainty; // of the counter
};

static struct reading read_both(void) {
    uint64_t before = tsc_read();
    uint32_t left = lapic_timer_left();
    uint64_t after = tsc_read();
    return (struct reading){before + (after - before) / 2, left, after - before};
}

static struct reading read_both_closely(void) {
    struct reading best = read_both();
    for (int i = 1; i < SAMPLES; i++) {
        struct reading next = read_both();
        if (next.uncertainty < best.uncertainty) best = next;
    }
    return best;
}

static struct reading read_after(const struct reading *start, uint32_t window) {
    struct reading end;
    do {
        end = read_both_closely();
    } while (start->timer_left - end.timer_left < window);
    return end;
}

static uint64_t ratio_between(const struct reading *start, const struct reading *end) {
    uint64_t nanoseconds = start->timer_left - end->timer_left;
    return (nanoseconds << 32) / (end->counter - start->counter);
}

static bool is_exactly_one(const struct reading *start, const struct reading *end) {
    uint64_t ratio = ratio_between(start, end);
    uint64_t difference = ratio > RATIO_ONE ? ratio - RATIO_ONE : RATIO_ONE - ratio;
    uint64_t uncertainty = start->uncertainty + end->uncertainty;
    return difference < RATIO_ONE / PRECISION &&
           uncertainty < (end->counter - start->counter) / PRECISION;
}

void clock_calibrate(void) {
    lapic_timer_start(UINT32_MAX);
    struct reading start = read_both_closely();
    struct reading end = read_after(&start, WINDOW_SHORT);
    if (is_exactly_one(&start, &end)) {
        clock_ratio = RATIO_ONE;
    } else {
        end = read_after(&start, WINDOW_LONG);
        clock_ratio = ratio_between(&start, &end);
    }
    lapic_timer_start(0);
    clock_start = start.counter;
}

uint64_t arch_clock_now(void) {
    return (uint64_t)((unsigned __int128)(tsc_read() - clock_start) * clock_ratio >> 32);
}

// A longer time than the timer can hold ends early, and clock_timer_expired() goes on.
static void start_timer(uint64_t deadline) {
    uint64_t now = arch_clock_now();
    uint64_t nanoseconds = deadline > now ? deadline - now : 1;
    lapic_timer_start(nanoseconds < UINT32_MAX ? (uint32_t)nanoseconds : UINT32_MAX);
}

void arch_timer_set(uint64_t deadline) {
    bool were_on = arch_interrupts_save();
    struct cpu_area *area = cpu_own_area();
    if (area->timer_deadline != deadline) {
        area->timer_deadline = deadline;
        if (deadline == UINT64_MAX)
            lapic_timer_start(0);
        else
            start_timer(deadline);
    }
    if (were_on) arch_interrupts_on();
}

bool clock_timer_expired(void) {
    struct cpu_area *area = cpu_own_area();
    uint64_t deadline = area->timer_deadline;
    if (deadline == UINT64_MAX) return false;
    if (arch_clock_now() < deadline) {
        start_timer(deadline);
        return false;
    }
    area->timer_deadline = UINT64_MAX;
    return true;
}
