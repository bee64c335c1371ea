// SPDX-License-Identifier: MIT
// What the files of this machine share among themselves.
#pragma once

#include "arch.h"

// ---- Instructions ------------------------------------------------------------------------------

static inline void port_write8(uint16_t port, uint8_t value) {
    asm volatile("outb %b0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write16(uint16_t port, uint16_t value) {
    asm volatile("outw %w0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_read_bytes(uint16_t port, void *to, size_t count) {
    asm volatile("rep insb" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}

static inline uint64_t msr_read(uint32_t number) {
    uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t number, uint64_t value) {
    asm volatile("wrmsr"
                 :
                 : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                 : "memory");
}

static inline uint64_t tsc_read(void) {
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid(uint32_t leaf) {
    struct cpuid_result result;
    asm volatile("cpuid"
                 : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                 : "a"(leaf), "c"(0));
    return result;
}

static inline void *physical_address(uint64_t physical) {
    return (void *)(physical + DIRECT_MAP_BASE);
}

static inline uint32_t device_read32(uint64_t physical) {
    return *(volatile uint32_t *)physical_address(physical);
}

static inline void device_write32(uint64_t physical, uint32_t value) {
    *(volatile uint32_t *)physical_address(physical) = value;
}

// The index of the CPU that runs this. Interrupts are off.
static inline uint32_t cpu_own_index(void) {
    uint32_t index;
    asm volatile("movl %%gs:%c1, %0" : "=r"(index) : "i"(AREA_INDEX));
    return index;
}

static inline struct cpu_area *cpu_own_area(void) { return &cpu_areas[cpu_own_index()]; }

// ---- boot.c ------------------------------------------------------------------------------------

extern struct boot_info boot_information;

// A machine on which the kernel cannot even begin: says so on the serial line and ends.
_Noreturn void boot_fail(const char *message);

// Whether the address is among the device registers that the kernel maps.
bool boot_is_device_address(uint64_t physical);

// ---- acpi.c, fw_cfg.c --------------------------------------------------------------------------

// Fills in the CPUs, and tells ioapic.c and power.c what the tables say. False if there are none.
bool acpi_discover(uint64_t root_pointer);

// A copy of the machine's device tree, or NULL.
const void *fw_cfg_device_tree(void);

// ---- cpu.c, interrupts.c -----------------------------------------------------------------------

// Segments, interrupt table, system-call entry and control registers of the calling CPU.
void cpu_load_tables(uint32_t index);
void interrupt_table_load(void);

// Copies the code with which other CPUs start below 1 MiB.
void cpu_place_trampoline(void);

// Whether a CPU has been started and may be sent interrupts.
bool cpu_is_started(uint32_t index);

// ---- lapic.c, ioapic.c, clock.c, power.c -------------------------------------------------------

#define LAPIC_FIXED   0x000
#define LAPIC_NMI     0x400
#define LAPIC_INIT    0x500
#define LAPIC_STARTUP 0x600

void lapic_init(void);
uint32_t lapic_id(void);
void lapic_end_of_interrupt(void);
// `command` is one of the delivery modes above, plus a vector.
void lapic_send(uint32_t id, uint32_t command);
// The timer counts nanoseconds down to 0 and then interrupts once; 0 stops it.
void lapic_timer_start(uint32_t nanoseconds);
uint32_t lapic_timer_left(void);

void ioapic_add(uint64_t address, uint32_t first_irq);
// An ISA interrupt that arrives elsewhere or in another form; flags as in ACPI's interrupt
// overrides.
void ioapic_override_isa(uint32_t isa_irq, uint32_t irq, uint32_t flags);

// Measures the time-stamp counter against this CPU's interrupt controller.
void clock_calibrate(void);
// Handles this CPU's timer interrupt. True if the deadline has come.
bool clock_timer_expired(void);

void power_set_sleep_register(uint64_t physical);
void power_set_control_port(uint16_t port);
