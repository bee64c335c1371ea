// SPDX-License-Identifier: MIT
// DUP2 from the parent takes objects of every type.
//
// function:  kern/cap/inherit.c:check_inherit_one_locked
// breaks:    P13
// caught by: spawn-nothing
// like:      a mistake that students make

static int check_inherit_one_locked(const struct cap_space *child, int64_t target,
                                    const struct cap_slot *slot) {
    if (!slot || !cap_slot_may_fill_locked(child, target)) return -EBADF;
    return slot->rights & CAP_GRANT ? 0 : -EACCES;
}
