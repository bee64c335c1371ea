// SPDX-License-Identifier: MIT
// The highest bits of a token are not looked at.
//
// function:  kern/cap/slot.c:cap_slot_of_token_locked
// breaks:    P1
// caught by: every-bit
// like:      reserved bits that nobody looked at, so that a token could be spelled in many ways

struct cap_slot *cap_slot_of_token_locked(struct cap_space *space, cap_token token) {
    uint64_t index = (uint64_t)token & ((1u << CAP_TOKEN_SLOT_BITS) - 1);
    struct cap_slot *slot = cap_slot_find_locked(space, (int64_t)index);
    // One comparison checks every field and that no other bit is set.
    if (!slot || ((cap_slot_token_locked(space, slot) ^ token) & ((INT64_C(1) << 60) - 1)))
        return NULL;
    return slot;
}
