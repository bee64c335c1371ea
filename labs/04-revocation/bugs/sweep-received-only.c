// SPDX-License-Identifier: MIT
// Copies made by dup are not swept.
//
// function:  kern/cap/delegation.c:sweep_locked
// breaks:    P6
// caught by: dup-escape
// like:      children of a capability that are not revoked with it

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        if (space->slots[i].grant != grant || !(space->slots[i].flags & CAP_RECEIVED)) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
    }
}
