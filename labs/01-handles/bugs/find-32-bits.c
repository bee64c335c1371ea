// SPDX-License-Identifier: MIT
// Only the low half of the number is looked at.
//
// function:  kern/cap/slot.h:cap_slot_find_locked
// breaks:    P1
// caught by: find
// like:      a length that was cut to 32 bits

static inline struct cap_slot *cap_slot_find_locked(struct cap_space *space, int64_t index) {
    if ((uint32_t)index >= CAP_SLOTS) return NULL;
    index = (uint32_t)index;
    struct cap_slot *slot = &space->slots[index];
    return grant_is_live(slot->grant) && slot->object ? slot : NULL;
}
