// SPDX-License-Identifier: MIT
// A child gets a live delegate handle.
//
// function:  kern/cap/inherit.c:fork_slots_locked
// breaks:    P2
// caught by: delegate-handle
// like:      a key copied into the child (CVE-2012-2745)

static void fork_slots_locked(struct cap_space *child, const struct cap_space *parent) {
    cap_for_each_bit(child->used, i) {
        struct cap_slot *slot = &child->slots[i];
        *slot = parent->slots[i]; // the generation of a dead one counts as well
        if (!slot->object) continue;
        if ((slot->object->type->may_dup || slot->object->type->code == CAP_TYPE_DELEGATE) &&
            grant_is_live(slot->grant)) {
            object_get(slot->object);
            grant_get(slot->grant);
        } else {
            cap_slot_clear_locked(child, slot); // it never had references of its own
        }
    }
}
