// SPDX-License-Identifier: MIT
// The end of the machine. No locks: whoever comes here is the last.
#include "machine.h"

// Soft-off as QEMU's tables encode it: for the sleep control register, and for the older port.
#define SLEEP_REGISTER_OFF 0x34
#define CONTROL_PORT_OFF   0x2000

static uint64_t sleep_register; // physical address; 0 if the machine has none
static uint16_t control_port;   // 0 if it has none

void power_set_sleep_register(uint64_t physical) { sleep_register = physical; }

void power_set_control_port(uint16_t port) { control_port = port; }

// The emulator's exit device ends it with a status that tells what happened. Without the device the
// port is empty, and ACPI switches the machine off.
void arch_power_off(bool failed) {
    arch_interrupts_off();
    port_write8(EXIT_PORT, failed ? EXIT_FAILED : EXIT_ORDERLY);
    if (sleep_register) *(volatile uint8_t *)physical_address(sleep_register) = SLEEP_REGISTER_OFF;
    if (control_port) port_write16(control_port, CONTROL_PORT_OFF);
    for (;;) asm volatile("cli\n\thlt");
}
