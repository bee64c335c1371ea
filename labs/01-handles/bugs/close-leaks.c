// SPDX-License-Identifier: MIT
// close empties the slot but does not release what was in it.
//
// function:  kern/cap/cap_space.c:cap_space_close_slot
// breaks:    P9
// caught by: count
// like:      in-use counts that are never given back

int cap_space_close_slot(struct cap_space *space, int64_t index) {
    struct cap_slot_contents contents = {NULL, NULL};
    int result = 0;
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EBADF;
    else if (index >= CAP_SLOTS_ORDINARY)
        result = -EINVAL; // a thread's handle stays as long as the thread
    else
        contents = drop_locked(space, slot);
    spinlock_release(&space->lock);
    (void)contents;
    return result;
}
