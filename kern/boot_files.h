// SPDX-License-Identifier: MIT
// The name space with which the first process starts.
#pragma once

#include "arch.h"

// Mounts the disk, or makes the initrd the root if there is none that can be used; with /dev, /tmp
// and, beside a disk, the programs of the initrd. `report` gets lines of the boot log. May sleep.
void boot_files(const struct boot_info *info, void (*report)(const char *format, ...));
