// SPDX-License-Identifier: MIT
// Which driver answers which interrupt. Handlers are registered at boot and never leave.
#pragma once

#include "abi/types.h"

#define INTERRUPT_HANDLERS_MAX 32

// Routes `irq` to the boot CPU and calls handler(context) for it, interrupts off.
void interrupt_register(uint32_t irq, void (*handler)(void *context), void *context);

// Called by trap_device().
void interrupt_dispatch(uint32_t irq);
