// SPDX-License-Identifier: MIT
// One bit of the slot's number is neither used nor checked.
//
// function:  kern/cap/slot.c:cap_slot_of_token_locked
// breaks:    P1
// caught by: every-bit
// like:      a slot field whose mask was a bit too short: a forged token named a live slot

struct cap_slot *cap_slot_of_token_locked(struct cap_space *space, cap_token token) {
    uint64_t index = (uint64_t)token & ((1u << (CAP_TOKEN_SLOT_BITS - 1)) - 1);
    struct cap_slot *slot = cap_slot_find_locked(space, (int64_t)index);
    // One comparison checks every field and that no other bit is set.
    if (!slot || cap_slot_token_locked(space, slot) != (token & ~INT64_C(0x80))) return NULL;
    return slot;
}
