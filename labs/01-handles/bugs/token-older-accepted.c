// SPDX-License-Identifier: MIT
// A token of an earlier generation is accepted too.
//
// function:  kern/cap/slot.c:cap_slot_of_token_locked
// breaks:    P3
// caught by: old-tokens every-bit
// like:      a mistake that students make

struct cap_slot *cap_slot_of_token_locked(struct cap_space *space, cap_token token) {
    uint64_t index = (uint64_t)token & ((1u << CAP_TOKEN_SLOT_BITS) - 1);
    struct cap_slot *slot = cap_slot_find_locked(space, (int64_t)index);
    // One comparison checks every field and that no other bit is set.
    if (!slot || cap_slot_token_locked(space, slot) < token) return NULL;
    return slot;
}
