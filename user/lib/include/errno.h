// SPDX-License-Identifier: MIT
// Why the last failed call failed: one of the constants in abi/errno.h.
#pragma once

#include "abi/errno.h"

int *errno_location(void);
#define errno (*errno_location())
