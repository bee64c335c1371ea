// SPDX-License-Identifier: MIT
// A delegate handle can be overwritten.
//
// function:  kern/cap/cap_space.c:check_dup2_locked
// breaks:    P2
// caught by: delegate-handle
// like:      a mistake that students make

static int check_dup2_locked(const struct cap_space *space, const struct cap_slot *source,
                             int64_t target) {
    if (!source || (uint64_t)target >= CAP_SLOTS) return -EBADF;
    if (!source->object->type->may_dup || target >= CAP_SLOTS_ORDINARY) return -EINVAL;
    if (source == &space->slots[target]) return 0; // onto itself: nothing is cleared
    return cap_slot_may_fill_locked(space, target) ? 0 : -EBADF;
}
