// SPDX-License-Identifier: MIT
// What lacks GRANT makes the spawn fail in every mode.
//
// function:  kern/cap/inherit.c:cap_space_inherit
// breaks:    P13
// caught by: spawn-inherits
// like:      a mistake that students make

int cap_space_inherit(struct cap_space *child, struct cap_space *parent, bool skip_ungrantable) {
    int result = 0;
    cap_lock_pair(child, parent);
    for (uint32_t i = 0; i < CAP_SLOTS_ORDINARY; i++) {
        const struct cap_slot *slot = cap_slot_find_locked(parent, i);
        if (!is_inherited(slot)) continue;
        if (!(slot->rights & CAP_GRANT)) {
            (void)skip_ungrantable, result = -EACCES;
        } else if (cap_slot_charge_locked(child, i) == 0) {
            inherit_slot_locked(child, i, slot);
        } else {
            result = result ? result : -EMFILE;
        }
    }
    cap_unlock_pair(child, parent);
    return result;
}
