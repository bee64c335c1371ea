// SPDX-License-Identifier: MIT
// What was in the target is not released.
//
// function:  kern/cap/cap_space.c:cap_space_dup2
// breaks:    P9
// caught by: dup2
// like:      the last writer that never leaves

int cap_space_dup2(struct cap_space *space, int64_t index, int64_t target) {
    struct cap_slot_contents replaced = {NULL, NULL};
    spinlock_acquire(&space->lock);
    struct cap_slot *source = cap_slot_find_locked(space, index);
    int result = check_dup2_locked(space, source, target);
    if (result == 0) result = cap_slot_charge_locked(space, target);
    if (result == 0 && index != target) replaced = copy_slot_locked(space, source, target);
    spinlock_release(&space->lock);
    (void)replaced;
    return result < 0 ? result : (int)target;
}
