// SPDX-License-Identifier: MIT
// A grant is one act of delegation. The slots made under it point at it; once it is revoked, every
// look-up through such a slot fails, and every operation that holds a pin from one finds out when
// it next acquires its object's lock.
#pragma once

#include "abi/types.h"

struct grant {
    uint32_t revoked; // first; atomic: 0, then 1 for ever
    uint32_t count;   // atomic: the DELEGATE slot, marked slots and pins that point here
    uint64_t epoch;   // unique, never reused, not 0
};

void grant_init(void);

// A new grant with one reference, or NULL.
struct grant *grant_create(void);

void grant_add_reference(struct grant *grant);
void grant_drop_reference(struct grant *grant);

// Both accept NULL: a slot that its process made itself bears no mark.
static inline void grant_get(struct grant *grant) {
    if (grant) grant_add_reference(grant);
}

static inline void grant_put(struct grant *grant) {
    if (grant) grant_drop_reference(grant);
}

static inline bool grant_is_live(const struct grant *grant) {
    return !grant || !__atomic_load_n(&grant->revoked, __ATOMIC_ACQUIRE);
}
