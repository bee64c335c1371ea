// SPDX-License-Identifier: MIT
// What happens to a single slot, for the rest of cap/ only. The table's lock is held throughout.
#pragma once

#include "cap/cap_space.h"
#include "lib/bitmap.h"

// The live slot with this number, or NULL: no such slot, dead, or its grant is revoked.
static inline struct cap_slot *cap_slot_find_locked(struct cap_space *space, int64_t index) {
    if ((uint64_t)index >= CAP_SLOTS) return NULL;
    struct cap_slot *slot = &space->slots[index];
    return grant_is_live(slot->grant) && slot->object ? slot : NULL;
}

// For each set bit of one of the table's bit sets: `index`, ascending. The body may clear that bit.
#define cap_for_each_bit(set, index)                                                               \
    for (int index = bitmap_next(set, CAP_SLOTS, 0); index >= 0;                                   \
         index = bitmap_next(set, CAP_SLOTS, (uint32_t)index + 1))

// For each slot that holds an object, also under a revoked grant. The body may empty that slot.
#define cap_for_each_live_locked(space, index) cap_for_each_bit((space)->live, index)

// The token of a live slot at present.
cap_token cap_slot_token_locked(const struct cap_space *space, const struct cap_slot *slot);

// The live slot that a token names, or NULL unless the token equals the slot's present one in
// every bit.
struct cap_slot *cap_slot_of_token_locked(struct cap_space *space, cap_token token);

// Makes a free slot live. Takes over one reference to the object and one to the grant.
void cap_slot_fill_locked(struct cap_space *space, uint32_t index, struct object *object,
                          struct grant *grant, uint32_t rights, uint32_t flags);

// What a slot held: put with cap_slot_release() once no lock is held.
struct cap_slot_contents {
    struct object *object;
    struct grant *grant;
};

// Makes a live slot dead: generation first, then the contents, which become the caller's.
struct cap_slot_contents cap_slot_clear_locked(struct cap_space *space, struct cap_slot *slot);
void cap_slot_release(struct cap_slot_contents contents);

// Whether a chosen slot can be filled, after clearing it if it is live; and that, as one step.
bool cap_slot_may_fill_locked(const struct cap_space *space, int64_t index);
struct cap_slot_contents cap_slot_replace_locked(struct cap_space *space, int64_t index,
                                                 struct object *object, struct grant *grant,
                                                 uint32_t rights, uint32_t flags);

// Charges the table's account for a slot that is about to be filled, unless it is live: what is
// there then passes its charge on. -EMFILE.
int cap_slot_charge_locked(struct cap_space *space, int64_t index);

// The lowest free ordinary slot, charged for; or -EMFILE.
int cap_slot_charge_lowest_locked(struct cap_space *space);

// The lowest or highest free ordinary slot, or -EMFILE.
int cap_slot_lowest_free_locked(const struct cap_space *space);
int cap_slot_highest_free_locked(const struct cap_space *space);

static inline uint32_t cap_slot_index(const struct cap_space *space, const struct cap_slot *slot) {
    return (uint32_t)(slot - space->slots);
}
