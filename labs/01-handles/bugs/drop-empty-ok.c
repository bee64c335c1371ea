// SPDX-License-Identifier: MIT
// drop of a stale token succeeds, and does nothing.
//
// function:  kern/cap/cap_space.c:cap_space_drop
// breaks:    P3
// caught by: old-tokens every-bit
// like:      a mistake that students make

int cap_space_drop(struct cap_space *space, cap_token token) {
    struct cap_slot_contents contents = {NULL, NULL};
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_of_token_locked(space, token);
    if (slot) contents = drop_locked(space, slot);
    spinlock_release(&space->lock);
    cap_slot_release(contents);
    return 0;
}
