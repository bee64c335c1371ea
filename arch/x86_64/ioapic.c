// SPDX-License-Identifier: MIT
// The I/O APICs, which turn device lines into interrupts of a CPU (Intel 82093AA). An interrupt's
// number is its global system interrupt, counted through all of them. Written at boot by one CPU,
// so there is no lock.
#include "machine.h"
#include "dev/device_tree.h"

#define IOAPICS_MAX  4
#define UART_ISA_IRQ 4

#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10

#define IOAPIC_VERSION     0x01
#define IOAPIC_REDIRECTION 0x10 // two registers for each line

#define REDIRECTION_ACTIVE_LOW (1u << 13)
#define REDIRECTION_LEVEL      (1u << 15)
#define REDIRECTION_MASKED     (1u << 16)

// ACPI 6.5, table 5.26: flags of an interrupt override.
#define OVERRIDE_POLARITY   0x3
#define OVERRIDE_ACTIVE_LOW 0x3
#define OVERRIDE_TRIGGER    0xc
#define OVERRIDE_LEVEL      0xc

// The second cell of a device tree's `interrupts` (binding intel,ce4100-ioapic).
#define CELL_LEVEL_LOW    1
#define CELL_LEVEL_HIGH   2
#define CELL_EDGE_FALLING 3

struct ioapic {
    uint64_t address;
    uint32_t first_irq;
    uint32_t count;
};

static struct ioapic ioapics[IOAPICS_MAX];
static uint32_t ioapic_count;
static uint32_t irq_modes[DEVICE_IRQ_MAX]; // REDIRECTION_*; 0 is edge-triggered, active high
static uint32_t uart_irq = UART_ISA_IRQ;

static uint32_t ioapic_read(const struct ioapic *ioapic, uint32_t index) {
    device_write32(ioapic->address + IOAPIC_SELECT, index);
    return device_read32(ioapic->address + IOAPIC_WINDOW);
}

static void ioapic_write(const struct ioapic *ioapic, uint32_t index, uint32_t value) {
    device_write32(ioapic->address + IOAPIC_SELECT, index);
    device_write32(ioapic->address + IOAPIC_WINDOW, value);
}

void ioapic_add(uint64_t address, uint32_t first_irq) {
    if (ioapic_count == IOAPICS_MAX) return;
    struct ioapic *ioapic = &ioapics[ioapic_count++];
    *ioapic = (struct ioapic){.address = address, .first_irq = first_irq};
    ioapic->count = (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff) + 1;
    for (uint32_t line = 0; line < ioapic->count; line++)
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * line, REDIRECTION_MASKED);
}

void ioapic_override_isa(uint32_t isa_irq, uint32_t irq, uint32_t flags) {
    if (isa_irq == UART_ISA_IRQ) uart_irq = irq;
    if (irq >= DEVICE_IRQ_MAX) return;
    if ((flags & OVERRIDE_POLARITY) == OVERRIDE_ACTIVE_LOW)
        irq_modes[irq] |= REDIRECTION_ACTIVE_LOW;
    if ((flags & OVERRIDE_TRIGGER) == OVERRIDE_LEVEL) irq_modes[irq] |= REDIRECTION_LEVEL;
}

void arch_irq_enable(uint32_t irq, uint32_t index) {
    for (uint32_t i = 0; i < ioapic_count && irq < DEVICE_IRQ_MAX; i++) {
        const struct ioapic *ioapic = &ioapics[i];
        if (irq < ioapic->first_irq || irq - ioapic->first_irq >= ioapic->count) continue;
        uint32_t entry = IOAPIC_REDIRECTION + 2 * (irq - ioapic->first_irq);
        ioapic_write(ioapic, entry + 1, boot_information.cpu_hardware_id[index] << 24);
        ioapic_write(ioapic, entry, irq_modes[irq] | (VECTOR_DEVICE + irq));
    }
}

uint32_t arch_uart_irq(void) { return uart_irq; }

// ---- Device tree -------------------------------------------------------------------------------

struct parent_search {
    uint32_t phandle;
    uint64_t address; // of the node with that phandle; 0 until found
};

static bool visit_parent(void *context, const struct tree_node *node) {
    struct parent_search *search = context;
    uint32_t phandle;
    uint64_t size;
    if (!device_tree_cell(node, "phandle", 0, &phandle) || phandle != search->phandle) return true;
    if (!device_tree_reg(node, 0, &search->address, &size)) search->address = 0;
    return false;
}

static void note_mode(uint32_t irq, uint32_t cell) {
    uint32_t mode = 0;
    if (cell == CELL_LEVEL_LOW || cell == CELL_LEVEL_HIGH) mode |= REDIRECTION_LEVEL;
    if (cell == CELL_LEVEL_LOW || cell == CELL_EDGE_FALLING) mode |= REDIRECTION_ACTIVE_LOW;
    if (irq < DEVICE_IRQ_MAX) irq_modes[irq] = mode;
}

uint32_t arch_irq_from_cells(const uint32_t *cells, uint32_t cell_count, uint32_t parent) {
    struct parent_search search = {.phandle = parent};
    uint32_t irq = cell_count > 0 ? cells[0] : UINT32_MAX;
    device_tree_walk(boot_information.device_tree, visit_parent, &search);
    for (uint32_t i = 0; i < ioapic_count; i++)
        if (ioapics[i].address == search.address) irq += ioapics[i].first_irq;
    if (cell_count > 1) note_mode(irq, cells[1]);
    return irq;
}
