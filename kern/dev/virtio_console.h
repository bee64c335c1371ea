// SPDX-License-Identifier: MIT
// virtio consoles (Virtual I/O Device Specification 1.2, chapter 5.3). The first one is the control
// channel, over which the kernel tells `make run` how the machine ended; the second can be the
// console. One port of a device is used: port 1 if it has one, else port 0. QEMU's
// `virtconsole`, which must be port 0, drops what its host does not take at once; its
// `virtserialport`, which cannot be port 0, makes the kernel wait.
#pragma once

#include "abi/types.h"

#define VIRTIO_CONSOLE_CONTROL  0
#define VIRTIO_CONSOLE_TERMINAL 1

// Starts every virtio console that virtio_discover() has found.
void virtio_console_init(void);

bool virtio_console_is_present(uint32_t which);

// Lets the terminal's input interrupt; receive() gets it in interrupt context.
void virtio_console_enable_input(void (*receive)(const char *text, size_t size));

// Writes as much as the device takes without waiting, and says how much that was. What is written
// to a console that is absent or has failed is lost. Any context.
size_t virtio_console_try_write(uint32_t which, const char *text, size_t size);

// Waits, a few seconds at most, until the device has done with everything written to it. False if
// it has not. Any context.
bool virtio_console_flush(uint32_t which);
