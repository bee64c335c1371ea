// SPDX-License-Identifier: MIT
// A dead slot is said to be of the wrong type.
//
// function:  kern/cap/cap_space.c:cap_space_get_token
// breaks:    P1
// caught by: token
// like:      a mistake that students make

int64_t cap_space_get_token(struct cap_space *space, int64_t index, int64_t type) {
    int64_t result;
    spinlock_acquire(&space->lock);
    const struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EINVAL;
    else if (slot->object->type->code != type)
        result = -EINVAL;
    else
        result = cap_slot_token_locked(space, slot);
    spinlock_release(&space->lock);
    return result;
}
