// SPDX-License-Identifier: MIT
// The end of the machine: /dev/power for user space, and the reports on the control channel that
// tell `make run` how it came.
#pragma once

// Registers /dev/power: a decimal status (0 … 255) and a newline, written to it, turns the machine
// off.
void power_init(void);

// Sends `panic MESSAGE` over the control channel, if there is one. For panic_set_hook().
void power_report_panic(const char *message);

// Reports the status (0 ... 255) and turns the machine off. May sleep.
_Noreturn void power_off(int status);

// The machine cannot go on, and not because of a bug: prints the message, reports `failed MESSAGE`
// and turns the machine off.
_Noreturn void power_off_failed(const char *message);
