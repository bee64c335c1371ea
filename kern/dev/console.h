// SPDX-License-Identifier: MIT
// The console: a 16550 UART or a virtio console, the line editor with history, and /dev/console.
// The console lock guards editor, input queue and foreground group.
#pragma once

#include "abi/types.h"

// Polled output of the kernel log to the UART, from the first line of boot on.
void console_init_early(void);

// Interrupt-driven input, and /dev/console. kill_group ends the foreground program on Ctrl-C; it is
// called in interrupt context, with no lock held.
void console_init(void (*kill_group)(int32_t group));

// Makes the virtio terminal, rather than the UART, what /dev/console reads and writes; the kernel
// log stays on the UART. False if there is none.
bool console_use_virtio(void);

// Waits, a few seconds at most, until everything written to the console has left the machine.
void console_flush(void);
