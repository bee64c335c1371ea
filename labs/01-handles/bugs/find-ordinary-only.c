// SPDX-License-Identifier: MIT
// The slots of threads are not found.
//
// function:  kern/cap/slot.h:cap_slot_find_locked
// breaks:    P1
// caught by: find token
// like:      a mistake that students make

static inline struct cap_slot *cap_slot_find_locked(struct cap_space *space, int64_t index) {
    if ((uint64_t)index >= CAP_SLOTS_ORDINARY) return NULL;
    struct cap_slot *slot = &space->slots[index];
    return grant_is_live(slot->grant) && slot->object ? slot : NULL;
}
