// SPDX-License-Identifier: MIT
// A bounded record of what happens to capabilities, kept while a privileged program wants it. Its
// spin lock guards the ring.
#pragma once

#include "abi/event.h"
#include "cap/cap_space.h"

extern bool events_wanted; // atomic; by events_set_wanted()

void events_set_wanted(bool wanted);

// Copies events from number `sequence` on, as many as there are and fit: how many.
uint32_t events_get(uint64_t sequence, struct event *events, uint32_t count);

// Adds one, with what the slot holds; it may be one of another table. Locks of lower rank may be
// held.
void event_add(enum event_kind kind, const struct cap_space *space, const struct cap_slot *slot,
               int32_t other);

static inline void event_of_slot(enum event_kind kind, const struct cap_space *space,
                                 const struct cap_slot *slot, int32_t other) {
    if (__builtin_expect(__atomic_load_n(&events_wanted, __ATOMIC_RELAXED), 0))
        event_add(kind, space, slot, other);
}

// Of the current thread's operation under a grant.
void event_of_pin(enum event_kind kind, const struct cap_ref *ref);
