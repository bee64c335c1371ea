// SPDX-License-Identifier: MIT
// A full table is EBADF.
//
// function:  kern/cap/cap_space.c:cap_space_dup
// breaks:    P12
// caught by: dup-full
// like:      a mistake that students make

int cap_space_dup(struct cap_space *space, int64_t index) {
    int result;
    spinlock_acquire(&space->lock);
    struct cap_slot *source = cap_slot_find_locked(space, index);
    if (!source)
        result = -EBADF;
    else if (!source->object->type->may_dup)
        result = -EINVAL;
    else if ((result = cap_slot_charge_lowest_locked(space)) >= 0)
        copy_slot_locked(space, source, result);
    spinlock_release(&space->lock);
    return result == -EMFILE ? -EBADF : result;
}
