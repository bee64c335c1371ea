// SPDX-License-Identifier: MIT
// Every received slot on an object that the grant has given is swept.
//
// function:  kern/cap/delegation.c:sweep_locked
// breaks:    P6
// caught by: others-stay
// like:      a scan that compares the object and not the grant kills the siblings

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        const struct object *object = space->slots[i].object;
        bool gives = space->slots[i].grant == grant;
        cap_for_each_live_locked(space, k) gives |=
            space->slots[k].grant == grant && space->slots[k].object == object;
        if (!space->slots[i].grant || !gives) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
    }
}
