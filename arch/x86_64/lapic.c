// SPDX-License-Identifier: MIT
// The local APIC, the part of the interrupt controller that each CPU has to itself (Intel SDM,
// volume 3, chapter 10): end of interrupt, timer, interrupts between CPUs. No locks: every CPU sees
// its own at the same address.
#include "machine.h"

#define LAPIC_ID             0x020
#define LAPIC_TASK_PRIORITY  0x080
#define LAPIC_EOI            0x0b0
#define LAPIC_SPURIOUS       0x0f0
#define LAPIC_COMMAND        0x300
#define LAPIC_COMMAND_TARGET 0x310
#define LAPIC_LVT_TIMER      0x320
#define LAPIC_LVT_LINT0      0x350
#define LAPIC_LVT_LINT1      0x360
#define LAPIC_LVT_ERROR      0x370
#define LAPIC_TIMER_INITIAL  0x380
#define LAPIC_TIMER_CURRENT  0x390
#define LAPIC_TIMER_DIVIDE   0x3e0

#define SPURIOUS_ENABLE   0x100
#define COMMAND_PENDING   0x1000
#define COMMAND_ASSERT    0x4000
#define LVT_MASKED        0x10000
#define TIMER_DIVIDE_BY_1 0xb

#define APIC_BASE_MASK UINT64_C(0xffffff000)

// The same on all CPUs; set by the first.
static uint64_t lapic_base;

static uint32_t lapic_read(uint32_t offset) { return device_read32(lapic_base + offset); }

static void lapic_write(uint32_t offset, uint32_t value) {
    device_write32(lapic_base + offset, value);
}

void lapic_init(void) {
    lapic_base = msr_read(MSR_APIC_BASE) & APIC_BASE_MASK;
    // The older controllers' line stays masked, so they need not be silenced one by one.
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, LVT_MASKED);
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    lapic_write(LAPIC_TASK_PRIORITY, 0);
    lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
    lapic_write(LAPIC_TIMER_INITIAL, 0);
}

uint32_t lapic_id(void) { return lapic_read(LAPIC_ID) >> 24; }

void lapic_end_of_interrupt(void) { lapic_write(LAPIC_EOI, 0); }

// QEMU's timer runs at exactly 1 GHz, so a tick is a nanosecond; there is no other clock on microvm
// to measure it against.
void lapic_timer_start(uint32_t nanoseconds) { lapic_write(LAPIC_TIMER_INITIAL, nanoseconds); }

uint32_t lapic_timer_left(void) { return lapic_read(LAPIC_TIMER_CURRENT); }

void lapic_send(uint32_t id, uint32_t command) {
    // An interrupt between the two writes could send one of its own.
    bool were_on = arch_interrupts_save();
    while (lapic_read(LAPIC_COMMAND) & COMMAND_PENDING) arch_cpu_relax();
    lapic_write(LAPIC_COMMAND_TARGET, id << 24);
    lapic_write(LAPIC_COMMAND, COMMAND_ASSERT | command);
    if (were_on) arch_interrupts_on();
}

void arch_ipi_send(uint32_t index) {
    lapic_send(boot_information.cpu_hardware_id[index], LAPIC_FIXED | VECTOR_IPI);
}
