// SPDX-License-Identifier: MIT
// What accounts count, for spawn()'s attributes and account_info().
#pragma once

#include "abi/cap.h"

// One for each type of object comes behind these: ACCOUNT_OBJECTS + CAP_TYPE_…; grants are DELEGATE
// objects and threads THREAD objects.
enum account_resource {
    ACCOUNT_PROCESSES, // zombies included
    ACCOUNT_SLOTS,     // live ones
    ACCOUNT_PAGES,     // of memory: user pages, shared ones counted for each process, page tables,
                       // stacks and tables of the kernel's, pipes, queues, files in memory
    ACCOUNT_OBJECTS = ACCOUNT_PAGES,
    ACCOUNT_RESOURCES = ACCOUNT_OBJECTS + CAP_TYPE_END,
};

#define ACCOUNT_NO_LIMIT UINT64_MAX
#define ACCOUNT_DEPTH    8 // accounts within accounts

struct account_info {
    uint64_t id;     // 1: the one that holds all others
    uint64_t parent; // 0: none
    uint64_t used[ACCOUNT_RESOURCES];
    uint64_t limit[ACCOUNT_RESOURCES];
};

// What account_recount() finds when the ledger and what really exists differ.
struct account_difference {
    uint64_t id;
    uint32_t resource;
    uint32_t reserved; // 0
    uint64_t charged;
    uint64_t counted;
};
