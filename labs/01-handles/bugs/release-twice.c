// SPDX-License-Identifier: MIT
// Two references are put for one slot.
//
// function:  kern/cap/slot.c:cap_slot_release
// breaks:    P9
// caught by: count lowest-again
// like:      a reference dropped twice (FreeBSD-SA-19:02)

void cap_slot_release(struct cap_slot_contents contents) {
    if (contents.object) object_put(contents.object), object_put(contents.object);
    grant_put(contents.grant);
}
