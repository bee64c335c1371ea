// SPDX-License-Identifier: MIT
// Only the first marked slot of a table is swept.
//
// function:  kern/cap/delegation.c:sweep_locked
// breaks:    P6
// caught by: dup-escape
// like:      a revocation that stops at the first match

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        if (space->slots[i].grant != grant) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
        return;
    }
}
