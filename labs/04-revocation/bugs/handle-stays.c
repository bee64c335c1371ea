// SPDX-License-Identifier: MIT
// The handle is not used up.
//
// function:  kern/cap/delegation.c:revoke_locked
// breaks:    P11
// caught by: revoke revoke-refused
// like:      a mistake that students make

static void revoke_locked(struct cap_space *giver, struct cap_slot *handle,
                          struct cap_space *receiver, struct grant *grant,
                          struct cap_swept *swept) {
    event_of_slot(EVENT_REVOKE, giver, handle, grant->receiver);
    grant_flip(grant);
    if (receiver) sweep_locked(receiver, grant, swept);
}
