// SPDX-License-Identifier: MIT
// The clock (the time CSR), the timer (stimecmp where the harts have the Sstc extension, else the
// firmware's), and what entropy there is. The factors are written once at boot; the pool is atomic.
#include "machine.h"
#include "sbi.h"

#define NANOSECONDS UINT64_C(1000000000) // in a second

static uint64_t nanoseconds_per_tick; // 32 bits of fraction
static uint64_t ticks_per_nanosecond; // 56 bits of fraction
static bool timer_is_stimecmp;
static uint64_t entropy_pool;

void riscv_clock_setup(uint32_t ticks_per_second, bool has_stimecmp) {
    uint64_t scaled = (uint64_t)ticks_per_second << 32;
    nanoseconds_per_tick = (NANOSECONDS << 32) / ticks_per_second;
    // In two steps, because ticks_per_second << 56 does not fit.
    ticks_per_nanosecond =
        (scaled / NANOSECONDS << 24) + (scaled % NANOSECONDS << 24) / NANOSECONDS;
    timer_is_stimecmp = has_stimecmp;
}

// stimecmp is 0 after a reset, and its interrupt pending at once.
void riscv_clock_init_cpu(void) {
    csr_clear(sie, SIE_TIMER);
    if (timer_is_stimecmp) csr_write(CSR_STIMECMP, UINT64_MAX);
}

uint64_t arch_clock_now(void) {
    return (uint64_t)((unsigned __int128)csr_read(time) * nanoseconds_per_tick >> 32);
}

void arch_timer_set(uint64_t deadline) {
    if (deadline == UINT64_MAX) {
        csr_clear(sie, SIE_TIMER);
        return;
    }
    // Rounded up: when the interrupt comes, the clock has reached the deadline.
    uint64_t ticks = (uint64_t)((unsigned __int128)deadline * ticks_per_nanosecond >> 56) + 1;
    if (timer_is_stimecmp)
        csr_write(CSR_STIMECMP, ticks);
    else
        sbi_set_timer(ticks);
    csr_set(sie, SIE_TIMER);
}

// The interrupt stays pending until the next deadline is set, so it is masked until then.
void riscv_clock_interrupt(void) { csr_clear(sie, SIE_TIMER); }

// The constants are those of SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t entropy_mix(uint64_t value) {
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

void riscv_entropy_add(const uint8_t *bytes, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) entropy_pool = entropy_mix(entropy_pool + bytes[i] + 1);
}

uint64_t arch_entropy(void) {
    uint64_t drawn =
        __atomic_add_fetch(&entropy_pool, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
    return entropy_mix(drawn ^ entropy_mix(csr_read(time)) ^ csr_read(cycle));
}
