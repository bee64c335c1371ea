// SPDX-License-Identifier: MIT
// Calls to the machine-mode firmware (RISC-V Supervisor Binary Interface 1.0). Any context.
#pragma once

#include "abi/types.h"

// Each returns whether the firmware did it.
bool sbi_hart_start(uint64_t hart, uint64_t physical_address);
bool sbi_send_ipi(uint64_t hart);
bool sbi_set_timer(uint64_t ticks);

// Returns only if the firmware cannot.
void sbi_shutdown(bool failed);
