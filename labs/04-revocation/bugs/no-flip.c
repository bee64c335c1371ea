// SPDX-License-Identifier: MIT
// The grant is not flipped, only swept: who is in the middle of an operation goes on.
//
// function:  kern/cap/delegation.c:revoke_locked
// breaks:    P7
// caught by: flip
// like:      a derived thing that is used after the revocation (seL4 014c53022)

static void revoke_locked(struct cap_space *giver, struct cap_slot *handle,
                          struct cap_space *receiver, struct grant *grant,
                          struct cap_swept *swept) {
    event_of_slot(EVENT_REVOKE, giver, handle, grant->receiver);
    swept->contents[swept->count++] = cap_slot_clear_locked(giver, handle);
    if (receiver) sweep_locked(receiver, grant, swept);
}
