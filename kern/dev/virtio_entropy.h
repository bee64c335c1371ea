// SPDX-License-Identifier: MIT
// The virtio entropy device (Virtual I/O Device Specification 1.2, chapter 5.4): random numbers of
// the host's.
#pragma once

#include "abi/types.h"

// Starts the first one that virtio_discover() has found, if any. What it delivers, now and each
// time it is asked, goes to take(), in interrupt context.
void virtio_entropy_init(void (*take)(const void *bytes, size_t size));

// Asks for more, without waiting for it.
void virtio_entropy_ask(void);
