// SPDX-License-Identifier: MIT
// The handle of a running thread can be closed.
//
// function:  kern/cap/cap_space.c:cap_space_close_slot
// breaks:    P14
// caught by: lowest-again
// like:      a mistake that students make

int cap_space_close_slot(struct cap_space *space, int64_t index) {
    struct cap_slot_contents contents = {NULL, NULL};
    int result = 0;
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EBADF;
    else if (index >= CAP_SLOTS)
        result = -EINVAL; // a thread's handle stays as long as the thread
    else
        contents = drop_locked(space, slot);
    spinlock_release(&space->lock);
    cap_slot_release(contents);
    return result;
}
