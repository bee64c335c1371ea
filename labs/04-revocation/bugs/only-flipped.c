// SPDX-License-Identifier: MIT
// Nothing is swept: revoked slots hold their objects for ever.
//
// function:  kern/cap/delegation.c:sweep_locked
// breaks:    P9
// caught by: revoke dup-escape end-now
// like:      a mistake that students make

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        if (space->slots[i].grant != grant || grant) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
    }
}
