// SPDX-License-Identifier: MIT
// Device control; the console's requests are in abi/fcntl.h.
#pragma once

#include "abi/fcntl.h"

int ioctl(int descriptor, int request, long argument);
