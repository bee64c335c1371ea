// SPDX-License-Identifier: MIT
// The last ordinary slot, where received ones go, is forgotten.
//
// function:  kern/cap/delegation.c:sweep_locked
// breaks:    P6
// caught by: revoke end-now
// like:      a revocation that skips the last slot

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        if (space->slots[i].grant != grant || i == CAP_SLOTS_ORDINARY - 1) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
    }
}
