// SPDX-License-Identifier: MIT
// Device files: a name in /dev and the operations behind it. Devices register at boot, before the
// root file system is populated.
#pragma once

#include "cap/cap_space.h"

struct device {
    const char *name;
    // As file operations, without offsets; NULL: -EINVAL, control -ENOTTY.
    int64_t (*read)(const struct cap_ref *ref, uint64_t buffer, size_t size);
    int64_t (*write)(const struct cap_ref *ref, uint64_t buffer, size_t size);
    int64_t (*control)(const struct cap_ref *ref, int64_t request, int64_t argument);
    void (*settle)(void); // as files have it
};

#define DEVICES_MAX 16
void device_register(const struct device *device);

// The device with this index, or NULL behind the last.
const struct device *device_at(uint32_t index);
