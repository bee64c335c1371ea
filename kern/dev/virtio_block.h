// SPDX-License-Identifier: MIT
// virtio disks (Virtual I/O Device Specification 1.2, chapter 5.2), as block devices.
#pragma once

#include "abi/types.h"

// Starts every virtio disk that virtio_discover() has found and registers it. How many work.
uint32_t virtio_block_init(void);
