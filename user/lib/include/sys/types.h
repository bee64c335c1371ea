// SPDX-License-Identifier: MIT
// The types that the other headers share.
#pragma once

#include "abi/types.h"

typedef int32_t pid_t;
typedef int64_t off_t;
