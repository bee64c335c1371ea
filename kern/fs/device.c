// SPDX-License-Identifier: MIT
// The registry of devices. It is filled at boot by one CPU and only read afterwards, so it has no
// lock.

#include "fs/device.h"
#include "lib/print.h"

static const struct device *devices[DEVICES_MAX];
static uint32_t device_count;

void device_register(const struct device *device) {
    kassert(device_count < DEVICES_MAX);
    devices[device_count++] = device;
}

const struct device *device_at(uint32_t index) {
    return index < device_count ? devices[index] : NULL;
}
