// SPDX-License-Identifier: MIT
// Only twelve bits of the generation get into the token.
//
// function:  kern/cap/slot.c:cap_slot_token_locked
// breaks:    P3
// caught by: many-generations
// like:      Mach port names that wrap (CVE-2016-7637)

cap_token cap_slot_token_locked(const struct cap_space *space, const struct cap_slot *slot) {
    return (cap_token)(slot->generation & 0xfff) << CAP_TOKEN_GENERATION_SHIFT |
           (cap_token)slot->rights << CAP_TOKEN_RIGHTS_SHIFT |
           (cap_token)slot->type << CAP_TOKEN_TYPE_SHIFT | cap_slot_index(space, slot);
}
