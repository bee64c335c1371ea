// SPDX-License-Identifier: MIT
// The time of day, from QEMU's goldfish real-time clock (its documentation is the Android
// emulator's GOLDFISH-VIRTUAL-HARDWARE.TXT). It is read once; from then on the clock counts. The
// difference is atomic: whoever finds none reads the device, and all find about the same.
#include "machine.h"

#define RTC_TIME_LOW  0 // reading it latches the other half
#define RTC_TIME_HIGH 1

static const volatile uint32_t *rtc_registers; // NULL: there is none
static uint64_t difference; // from the clock to the time of day; 0: not known yet

void riscv_rtc_setup(const struct tree_node *node) {
    uint64_t address, size;
    if (!device_tree_reg(node, 0, &address, &size)) return;
    rtc_registers = (const volatile uint32_t *)(DIRECT_MAP_BASE + address);
}

uint64_t arch_wall_clock(void) {
    uint64_t now = arch_clock_now(), known = __atomic_load_n(&difference, __ATOMIC_RELAXED);
    if (!rtc_registers) return 0;
    if (known == 0) {
        uint64_t low = rtc_registers[RTC_TIME_LOW];
        known = ((uint64_t)rtc_registers[RTC_TIME_HIGH] << 32 | low) - now;
        __atomic_store_n(&difference, known, __ATOMIC_RELAXED);
    }
    return known + now;
}
