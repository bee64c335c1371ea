// SPDX-License-Identifier: MIT
// A child's copies bear no mark.
//
// function:  kern/cap/inherit.c:fork_slots_locked
// breaks:    P6
// caught by: fork-escape
// like:      copies inherited by children

static void fork_slots_locked(struct cap_space *child, const struct cap_space *parent) {
    cap_for_each_bit(child->used, i) {
        struct cap_slot *slot = &child->slots[i];
        *slot = parent->slots[i]; // the generation of a dead one counts as well
        if (!slot->object) continue;
        if (slot->object->type->may_dup && grant_is_live(slot->grant)) {
            object_get(slot->object);
            slot->grant = NULL;
        } else {
            cap_slot_clear_locked(child, slot); // it never had references of its own
        }
    }
}
