// SPDX-License-Identifier: MIT
// The token's slot counts, not the token.
//
// function:  kern/cap/delegation.c:delegate_slot_locked
// breaks:    P1
// caught by: revoke-refused
// like:      a mistake that students make

static struct cap_slot *delegate_slot_locked(struct cap_space *giver, cap_token token) {
    struct cap_slot *slot = cap_slot_find_locked(giver, token & 0xff);
    return slot && slot->object->type->code == CAP_TYPE_DELEGATE ? slot : NULL;
}
