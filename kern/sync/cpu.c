// SPDX-License-Identifier: MIT
// The CPUs of the machine. Each writes only its own entry.

#include "sync/cpu.h"

struct cpu cpus[MAX_CPUS];
uint32_t cpu_count = 1;
