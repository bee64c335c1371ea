// SPDX-License-Identifier: MIT
// What is inherited does not count.
//
// function:  kern/cap/inherit.c:inherit_slot_locked
// breaks:    P9
// caught by: spawn-inherits
// like:      a table copied without references (CVE-2012-2745)

static struct cap_slot_contents inherit_slot_locked(struct cap_space *child, int64_t target,
                                                    const struct cap_slot *slot) {
    grant_get(slot->grant);
    struct cap_slot_contents replaced = cap_slot_replace_locked(
        child, target, slot->object, slot->grant, slot->rights & ~CAP_GRANT, 0);
    event_of_slot(EVENT_INHERIT, child, &child->slots[target], 0);
    return replaced;
}
