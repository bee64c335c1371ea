// SPDX-License-Identifier: MIT
// The token says nothing of the generation, so that it names every capability that is ever in the
// slot.
//
// function:  kern/cap/slot.c:cap_slot_token_locked
// breaks:    P3
// caught by: old-tokens many-generations
// like:      Mach port names used again (CVE-2016-7637)

cap_token cap_slot_token_locked(const struct cap_space *space, const struct cap_slot *slot) {
    return (cap_token)slot->rights << CAP_TOKEN_RIGHTS_SHIFT |
           (cap_token)slot->type << CAP_TOKEN_TYPE_SHIFT | cap_slot_index(space, slot);
}
