// SPDX-License-Identifier: MIT
// The devices without hardware: /dev/null, /dev/zero and /dev/random.
#pragma once

void null_devices_init(void);
