// SPDX-License-Identifier: MIT
// A copy is closed on spawn as well.
//
// function:  kern/cap/cap_space.c:copy_slot_locked
// breaks:    P4
// caught by: dup
// like:      close-on-exec that was not honoured (CVE-2024-21626)

static struct cap_slot_contents copy_slot_locked(struct cap_space *space,
                                                 const struct cap_slot *source, int64_t target) {
    object_get(source->object);
    grant_get(source->grant);
    struct cap_slot_contents replaced =
        cap_slot_replace_locked(space, target, source->object, source->grant, source->rights,
                                source->flags & ~CAP_RECEIVED);
    event_of_slot(EVENT_DUP, space, &space->slots[target], 0);
    return replaced;
}
