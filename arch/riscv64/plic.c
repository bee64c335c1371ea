// SPDX-License-Identifier: MIT
// The platform-level interrupt controller (RISC-V PLIC 1.0.0). Each hart has a context of registers
// of its own; enable bits are changed at boot only, by the boot hart.
#include "machine.h"

#define PRIORITY       0x0    // a word for each interrupt
#define ENABLE         0x2000 // a bit for each interrupt, 0x80 bytes for each context
#define ENABLE_STRIDE  0x80
#define CONTEXT        0x200000 // threshold, then claim and complete
#define CONTEXT_STRIDE 0x1000
#define CLAIM          4
#define SUPERVISOR_IRQ 9 // what the PLIC raises in a hart's own controller for S-mode
#define INTERRUPTS_MAX 1024

static uint64_t plic_base; // 0: there is none
static uint32_t plic_interrupts;

static volatile uint32_t *plic_register(uint64_t offset) {
    return (volatile uint32_t *)(plic_base + offset);
}

// The context of a hart is the position, among the PLIC's outputs, of the hart's external
// interrupt.
static void find_context(const struct tree_node *node, struct riscv_cpu *cpu) {
    uint32_t phandle, irq;
    for (uint32_t i = 0; device_tree_cell(node, "interrupts-extended", 2 * i, &phandle) &&
                         device_tree_cell(node, "interrupts-extended", 2 * i + 1, &irq);
         i++) {
        if (phandle != cpu->interrupt_parent || irq != SUPERVISOR_IRQ) continue;
        cpu->plic_context = i;
        cpu->has_plic_context = true;
    }
}

void riscv_plic_setup(const struct tree_node *node) {
    uint64_t address, size;
    if (plic_base != 0 || !device_tree_reg(node, 0, &address, &size)) return;
    plic_base = DIRECT_MAP_BASE + address;
    if (!device_tree_cell(node, "riscv,ndev", 0, &plic_interrupts) ||
        plic_interrupts >= INTERRUPTS_MAX)
        plic_interrupts = INTERRUPTS_MAX - 1;
    for (uint32_t i = 0; i < riscv_cpu_count; i++) find_context(node, &riscv_cpus[i]);
}

void riscv_plic_init_cpu(uint32_t index) {
    const struct riscv_cpu *cpu = &riscv_cpus[index];
    if (cpu->has_plic_context)
        *plic_register(CONTEXT + cpu->plic_context * CONTEXT_STRIDE) = 0; // every priority passes
}

void arch_irq_enable(uint32_t irq, uint32_t index) {
    const struct riscv_cpu *cpu = &riscv_cpus[index];
    if (!cpu->has_plic_context || irq == 0 || irq > plic_interrupts) return;
    *plic_register(PRIORITY + irq * 4) = 1;
    *plic_register(ENABLE + cpu->plic_context * ENABLE_STRIDE + irq / 32 * 4) |= 1u << irq % 32;
}

uint32_t arch_irq_from_cells(const uint32_t *cells, uint32_t cell_count, uint32_t parent) {
    (void)parent; // there is one controller
    return cell_count > 0 ? cells[0] : 0;
}

static volatile uint32_t *claim_register(uint32_t index) {
    return plic_register(CONTEXT + riscv_cpus[index].plic_context * CONTEXT_STRIDE + CLAIM);
}

uint32_t riscv_plic_claim(uint32_t index) {
    return riscv_cpus[index].has_plic_context ? *claim_register(index) : 0;
}

void riscv_plic_complete(uint32_t index, uint32_t irq) { *claim_register(index) = irq; }
