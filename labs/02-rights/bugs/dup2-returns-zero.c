// SPDX-License-Identifier: MIT
// dup2 returns 0.
//
// function:  kern/cap/cap_space.c:cap_space_dup2
// breaks:    P4
// caught by: dup2
// like:      a mistake that students make

int cap_space_dup2(struct cap_space *space, int64_t index, int64_t target) {
    struct cap_slot_contents replaced = {NULL, NULL};
    spinlock_acquire(&space->lock);
    struct cap_slot *source = cap_slot_find_locked(space, index);
    int result = check_dup2_locked(space, source, target);
    if (result == 0) result = cap_slot_charge_locked(space, target);
    if (result == 0 && index != target) replaced = copy_slot_locked(space, source, target);
    spinlock_release(&space->lock);
    cap_slot_release(replaced);
    return result;
}
