// SPDX-License-Identifier: MIT
// A copy gets every right of its type.
//
// function:  kern/cap/cap_space.c:copy_slot_locked
// breaks:    P4
// caught by: dup dup2
// like:      descriptors duplicated with full rights (MS16-032)

static struct cap_slot_contents copy_slot_locked(struct cap_space *space,
                                                 const struct cap_slot *source, int64_t target) {
    object_get(source->object);
    grant_get(source->grant);
    struct cap_slot_contents replaced = cap_slot_replace_locked(
        space, target, source->object, source->grant, source->object->type->rights,
        source->flags & ~(CAP_CLOSE_ON_SPAWN | CAP_RECEIVED));
    event_of_slot(EVENT_DUP, space, &space->slots[target], 0);
    return replaced;
}
