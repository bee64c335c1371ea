// SPDX-License-Identifier: MIT
// The 16550 UART that both machines have (National Semiconductor PC16550D), polled for output,
// interrupt-driven for input.
#pragma once

#include "abi/types.h"

void uart_init(void);

// Writes all of it, waiting for the device; interrupts that the caller has on stay on while it
// waits. Any context.
void uart_write(const char *text, size_t size);

// Writes as much as the device takes without waiting, and says how much that was.
size_t uart_try_write(const char *text, size_t size);

// Waits, a few seconds at most, until what was written has left.
void uart_flush(void);

// Lets input interrupt; receive() gets it in interrupt context.
void uart_enable_input(void (*receive)(const char *text, size_t size));
