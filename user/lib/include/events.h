// SPDX-License-Identifier: MIT
// The record of what happens to capabilities; for processes of the account that holds all others,
// EPERM else.
#pragma once

#include "abi/event.h"
#include <sys/types.h>

int events_control(int wanted);

// Events from number `sequence` on: how many. 0: there are none yet.
ssize_t events_read(uint64_t sequence, struct event *events, size_t count);
