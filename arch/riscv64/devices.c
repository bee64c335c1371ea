// SPDX-License-Identifier: MIT
// Finds the devices that the machine itself drives (interrupt controller, power switch, console)
// and where device registers lie. Everything here is written once at boot.
#include "machine.h"

#define LARGE_PAGE    (UINT64_C(2) << 20)
#define LINE_STATUS   5    // a 16550's register, and
#define TRANSMIT_IDLE 0x60 // what it says when there is nothing to wait for

static volatile uint8_t absent_uart[8] = {[LINE_STATUS] = TRANSMIT_IDLE};
static uint32_t uart_irq;
volatile uint8_t *riscv_uart_registers = absent_uart;

uint32_t arch_uart_irq(void) { return uart_irq; }

static void uart_setup(const struct tree_node *node) {
    uint64_t address, size;
    if (riscv_uart_registers != absent_uart || !device_tree_reg(node, 0, &address, &size)) return;
    riscv_uart_registers = (volatile uint8_t *)(DIRECT_MAP_BASE + address);
    device_tree_cell(node, "interrupts", 0, &uart_irq);
}

// Widens the range of device registers, which the kernel maps as one.
static void note_registers(struct memory_range *devices, const struct tree_node *node) {
    uint64_t start, size;
    if (!device_tree_reg(node, 0, &start, &size) || size == 0) return;
    uint64_t end = (start + size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    start &= ~(LARGE_PAGE - 1);
    bool first = devices->start == devices->end;
    devices->start = first || start < devices->start ? start : devices->start;
    devices->end = first || end > devices->end ? end : devices->end;
}

static bool visit_device(void *context, const struct tree_node *node) {
    struct boot_info *info = context;
    if (device_tree_is_compatible(node, "sifive,plic-1.0.0") ||
        device_tree_is_compatible(node, "riscv,plic0"))
        riscv_plic_setup(node);
    else if (device_tree_is_compatible(node, "sifive,test0"))
        riscv_power_setup(node);
    else if (device_tree_is_compatible(node, "google,goldfish-rtc"))
        riscv_rtc_setup(node);
    else if (device_tree_is_compatible(node, "ns16550a"))
        uart_setup(node);
    else if (!device_tree_is_compatible(node, "virtio,mmio"))
        return true;
    note_registers(&info->devices, node);
    return true;
}

void riscv_find_devices(const void *device_tree, struct boot_info *info) {
    device_tree_walk(device_tree, visit_device, info);
}
