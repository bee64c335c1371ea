// SPDX-License-Identifier: MIT
// spawn(): a program in a new process that gets chosen capabilities only. What it inherits, file
// actions and attributes are explained in abi/process.h.
#pragma once

#include "abi/process.h"
#include "sys/types.h"

// The new process's number, or -1. attributes NULL: inherit every open file.
pid_t spawn(const char *path, char *const argv[], const struct spawn_action *actions, size_t count,
            const struct spawn_attributes *attributes);

static inline struct spawn_action spawn_action_open(int slot, const char *path, int flags) {
    return (struct spawn_action){
        .kind = SPAWN_FA_OPEN, .slot = slot, .flags = flags, .path = (uint64_t)path};
}

static inline struct spawn_action spawn_action_dup2(int slot, int target) {
    return (struct spawn_action){.kind = SPAWN_FA_DUP2, .slot = slot, .target = target};
}

static inline struct spawn_action spawn_action_close(int slot) {
    return (struct spawn_action){.kind = SPAWN_FA_CLOSE, .slot = slot};
}
