// SPDX-License-Identifier: MIT
// The token's slot counts, not the token.
//
// function:  kern/cap/delegation.c:cap_delegate_of_token
// breaks:    P1
// caught by: revoke-refused
// like:      a mistake that students make

struct grant *cap_delegate_of_token(struct cap_space *giver, cap_token token) {
    spinlock_acquire(&giver->lock);
    const struct cap_slot *slot = cap_slot_find_locked(giver, token & 0xff);
    struct grant *grant = slot && slot->object->type->code == CAP_TYPE_DELEGATE
                              ? grant_of_object(slot->object)
                              : NULL;
    grant_get(grant);
    spinlock_release(&giver->lock);
    return grant;
}
