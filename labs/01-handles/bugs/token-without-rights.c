// SPDX-License-Identifier: MIT
// The token does not carry the rights.
//
// function:  kern/cap/slot.c:cap_slot_token_locked
// breaks:    P1
// caught by: token
// like:      a mistake that students make

cap_token cap_slot_token_locked(const struct cap_space *space, const struct cap_slot *slot) {
    return (cap_token)slot->generation << CAP_TOKEN_GENERATION_SHIFT |
           (cap_token)slot->type << CAP_TOKEN_TYPE_SHIFT | cap_slot_index(space, slot);
}
