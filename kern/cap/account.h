// SPDX-License-Identifier: MIT
// The ledger: what processes use is charged to their account and to all that enclose it, before it
// is used, and refused beyond the limit of any. An account is shared by a process and its children
// unless spawn makes a new one inside. Charges are atomic; no lock.
#pragma once

#include "abi/account.h"
#include "lib/list.h"
#include "sched/thread.h"

struct account {
    struct account *parent; // NULL: the root
    uint32_t references;    // atomic: processes, objects and accounts in it
    uint32_t depth;
    uint64_t id;
    uint64_t used[ACCOUNT_RESOURCES];      // atomic
    uint64_t kernel_pages;                 // atomic; of the pages, what no address space has
    uint64_t limit[ACCOUNT_RESOURCES];     // constant
    struct list node;                      // on the list of all, under its lock
    uint64_t counted[ACCOUNT_OBJECTS + 1]; // by a recount
};

// At boot; the root has no limits.
void account_init(void);
struct account *account_root(void);

// An account within `parent` with one reference; a limit of 0 means none of its own. NULL: no
// memory, or accounts too deep within each other.
struct account *account_create(struct account *parent, const uint64_t limit[ACCOUNT_RESOURCES]);

// These accept NULL, to which nothing is charged: what the kernel makes for itself.
void account_get(struct account *account);
void account_put(struct account *account); // the last put frees it; any context

// All or nothing. False if it would exceed a limit. Any context.
bool account_charge(struct account *account, uint32_t resource, uint64_t amount);
void account_release(struct account *account, uint32_t resource, uint64_t amount);

// The same for pages that the kernel needs on behalf of the account.
bool account_charge_kernel_pages(struct account *account, uint64_t pages);
void account_release_kernel_pages(struct account *account, uint64_t pages);

// What the current thread makes is charged to.
static inline struct account *account_current(void) { return thread_current()->account; }

void account_get_info(const struct account *account, struct account_info *info);

// The debug walk: begin, add what each process has, then compare with what was charged. The caller
// keeps accounts from being made meanwhile. True if all agree; else the first difference.
void account_recount_begin(void);
void account_recount_add(struct account *account, uint32_t resource, uint64_t amount);
bool account_recount_agrees(struct account_difference *difference);
