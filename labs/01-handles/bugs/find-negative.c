// SPDX-License-Identifier: MIT
// A negative number passes the check.
//
// function:  kern/cap/slot.h:cap_slot_find_locked
// breaks:    P1
// caught by: find
// like:      signed comparison of an offset (XSA-55)

static inline struct cap_slot *cap_slot_find_locked(struct cap_space *space, int64_t index) {
    if (index >= CAP_SLOTS) return NULL;
    struct cap_slot *slot = &space->slots[index];
    return grant_is_live(slot->grant) && slot->object ? slot : NULL;
}
