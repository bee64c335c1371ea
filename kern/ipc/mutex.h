// SPDX-License-Identifier: MIT
// Mutexes, as condition variables need to know them.
#pragma once

#include "ipc/ipc.h"

struct mutex {
    struct ipc_object ipc;
    struct thread *owner; // or NULL
    int32_t owner_pid;
    bool owner_died;  // the next owner is told
    uint32_t waiting; // threads whose chain leads here, also when they have been woken
    struct wait_queue waiters;
};

// Whether the calling thread holds it.
bool mutex_is_mine(const struct cap_ref *ref);
