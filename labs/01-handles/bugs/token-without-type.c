// SPDX-License-Identifier: MIT
// The token does not say what the slot holds.
//
// function:  kern/cap/slot.c:cap_slot_token_locked
// breaks:    P1
// caught by: token every-bit
// like:      type confusion of IPC ports (CVE-2020-27932)

cap_token cap_slot_token_locked(const struct cap_space *space, const struct cap_slot *slot) {
    return (cap_token)slot->generation << CAP_TOKEN_GENERATION_SHIFT |
           (cap_token)slot->rights << CAP_TOKEN_RIGHTS_SHIFT | cap_slot_index(space, slot);
}
