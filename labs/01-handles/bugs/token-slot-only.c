// SPDX-License-Identifier: MIT
// A token is good for whatever is in its slot.
//
// function:  kern/cap/slot.c:cap_slot_of_token_locked
// breaks:    P1
// caught by: every-bit old-tokens
// like:      a mistake that students make

struct cap_slot *cap_slot_of_token_locked(struct cap_space *space, cap_token token) {
    uint64_t index = (uint64_t)token & ((1u << CAP_TOKEN_SLOT_BITS) - 1);
    struct cap_slot *slot = cap_slot_find_locked(space, (int64_t)index);
    // One comparison checks every field and that no other bit is set.
    if (!slot) return NULL;
    return slot;
}
