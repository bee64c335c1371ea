// SPDX-License-Identifier: MIT
// DUP2 from the parent does not ask for GRANT.
//
// function:  kern/cap/inherit.c:check_inherit_one_locked
// breaks:    P5
// caught by: spawn-nothing
// like:      a helper that duplicates what it may not (MS16-032)

static int check_inherit_one_locked(const struct cap_space *child, int64_t target,
                                    const struct cap_slot *slot) {
    if (!slot || !cap_slot_may_fill_locked(child, target)) return -EBADF;
    if (slot->object->type->code != CAP_TYPE_FILE) return -EINVAL;
    return 0;
}
