// SPDX-License-Identifier: MIT
// Every grant to the same process is swept.
//
// function:  kern/cap/delegation.c:sweep_locked
// breaks:    P6
// caught by: others-stay
// like:      a scan that compares the object and not the grant kills the siblings

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        if (!space->slots[i].grant || space->slots[i].grant->receiver != grant->receiver) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
    }
}
