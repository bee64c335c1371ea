// SPDX-License-Identifier: MIT
// A copy bears no mark, and is not reached.
//
// function:  kern/cap/cap_space.c:copy_slot_locked
// breaks:    P6
// caught by: dup-escape
// like:      a duplicate that does not keep the epoch

static struct cap_slot_contents copy_slot_locked(struct cap_space *space,
                                                 const struct cap_slot *source, int64_t target) {
    object_get(source->object);
    struct cap_slot_contents replaced =
        cap_slot_replace_locked(space, target, source->object, NULL, source->rights,
                                source->flags & ~(CAP_CLOSE_ON_SPAWN | CAP_RECEIVED));
    event_of_slot(EVENT_DUP, space, &space->slots[target], 0);
    return replaced;
}
