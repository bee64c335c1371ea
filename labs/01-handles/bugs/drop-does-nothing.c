// SPDX-License-Identifier: MIT
// drop checks the token and leaves the slot as it is.
//
// function:  kern/cap/cap_space.c:cap_space_drop
// breaks:    P3
// caught by: old-tokens every-bit
// like:      a mistake that students make

int cap_space_drop(struct cap_space *space, cap_token token) {
    struct cap_slot_contents contents = {NULL, NULL};
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_of_token_locked(space, token);
    spinlock_release(&space->lock);
    cap_slot_release(contents);
    return slot ? 0 : -EBADF;
}
