// SPDX-License-Identifier: MIT
// A thread's handle can be duplicated.
//
// function:  kern/cap/cap_space.c:cap_space_dup
// breaks:    P14
// caught by: dup
// like:      a mistake that students make

int cap_space_dup(struct cap_space *space, int64_t index) {
    int result;
    spinlock_acquire(&space->lock);
    struct cap_slot *source = cap_slot_find_locked(space, index);
    if (!source)
        result = -EBADF;
    else if ((result = cap_slot_charge_lowest_locked(space)) >= 0)
        copy_slot_locked(space, source, result);
    spinlock_release(&space->lock);
    return result;
}
