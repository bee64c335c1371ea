// SPDX-License-Identifier: MIT
// GRANT is inherited.
//
// function:  kern/cap/inherit.c:inherit_slot_locked
// breaks:    P4
// caught by: spawn-inherits spawn-nothing
// like:      a child that can hand on what it was lent

static struct cap_slot_contents inherit_slot_locked(struct cap_space *child, int64_t target,
                                                    const struct cap_slot *slot) {
    object_get(slot->object);
    grant_get(slot->grant);
    struct cap_slot_contents replaced =
        cap_slot_replace_locked(child, target, slot->object, slot->grant, slot->rights, 0);
    event_of_slot(EVENT_INHERIT, child, &child->slots[target], 0);
    return replaced;
}
