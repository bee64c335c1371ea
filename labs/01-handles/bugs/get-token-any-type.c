// SPDX-License-Identifier: MIT
// get_token does not look at the type.
//
// function:  kern/cap/cap_space.c:cap_space_get_token
// breaks:    P1
// caught by: token
// like:      a type that is not asked for

int64_t cap_space_get_token(struct cap_space *space, int64_t index, int64_t type) {
    int64_t result;
    spinlock_acquire(&space->lock);
    const struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EBADF;
    else if (type < 0)
        result = -EINVAL;
    else
        result = cap_slot_token_locked(space, slot);
    spinlock_release(&space->lock);
    return result;
}
