// SPDX-License-Identifier: MIT
// What the files of arch/riscv64 share: what the device tree said about this machine. Written by
// the boot hart before any other one runs, then only read.
#pragma once

#include "arch.h"
#include "dev/device_tree.h"

struct riscv_cpu {
    uint64_t hart;             // the hardware's number; the kernel's is the index of this
    uint32_t interrupt_parent; // phandle of the hart's own interrupt controller
    uint32_t plic_context;     // where the PLIC has its registers for this hart in S-mode
    bool has_plic_context;
};

extern struct riscv_cpu riscv_cpus[MAX_CPUS];
extern uint32_t riscv_cpu_count;

// boot.c: C begins here, on the boot hart and at the kernel's virtual addresses.
_Noreturn void riscv_boot(uint64_t hart, uint64_t device_tree);

// devices.c: looks for the interrupt controller, the console and the power switch, and notes where
// device registers lie. Needs the harts' interrupt controllers.
void riscv_find_devices(const void *device_tree, struct boot_info *info);

// clock.c
void riscv_clock_setup(uint32_t ticks_per_second, bool has_stimecmp);
void riscv_clock_init_cpu(void);
void riscv_clock_interrupt(void); // silences the timer until it is set again
void riscv_entropy_add(const uint8_t *bytes, uint32_t size);

// plic.c
void riscv_plic_setup(const struct tree_node *node);
void riscv_plic_init_cpu(uint32_t index);
uint32_t riscv_plic_claim(uint32_t index); // the interrupt to serve, or 0
void riscv_plic_complete(uint32_t index, uint32_t irq);

// rtc.c
void riscv_rtc_setup(const struct tree_node *node);

// power.c
void riscv_power_setup(const struct tree_node *node);

// cpu.c: takes an interrupt from another CPU; does not return if that is to stop this one.
void riscv_ipi_receive(void);
