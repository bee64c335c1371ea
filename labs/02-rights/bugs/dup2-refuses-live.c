// SPDX-License-Identifier: MIT
// A target that is in use is refused.
//
// function:  kern/cap/cap_space.c:check_dup2_locked
// breaks:    P4
// caught by: dup2
// like:      a mistake that students make

static int check_dup2_locked(const struct cap_space *space, const struct cap_slot *source,
                             int64_t target) {
    if (!source || (uint64_t)target >= CAP_SLOTS) return -EBADF;
    if (!source->object->type->may_dup || target >= CAP_SLOTS_ORDINARY) return -EINVAL;
    if (source == &space->slots[target]) return 0; // onto itself: nothing is cleared
    const struct object *object = space->slots[target].object;
    if (object) return -EINVAL;
    return cap_slot_may_fill_locked(space, target) ? 0 : -EBADF;
}
