// SPDX-License-Identifier: MIT
// Only files are released.
//
// function:  kern/cap/slot.c:cap_slot_release
// breaks:    P9
// caught by: count
// like:      a mistake that students make

void cap_slot_release(struct cap_slot_contents contents) {
    if (contents.object && contents.object->type->code == CAP_TYPE_FILE)
        object_put(contents.object);
    grant_put(contents.grant);
}
