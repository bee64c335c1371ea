// SPDX-License-Identifier: MIT
// A slot that was emptied is not free.
//
// function:  kern/cap/slot.c:empty_locked
// breaks:    P9
// caught by: lowest-again
// like:      a mistake that students make

static struct cap_slot_contents empty_locked(struct cap_space *space, struct cap_slot *slot) {
    struct cap_slot_contents contents = {slot->object, slot->grant};
    uint32_t index = cap_slot_index(space, slot);
    slot->generation++;
    bitmap_clear(space->live, index);
    space->received -= (slot->flags & CAP_RECEIVED) != 0;
    __atomic_store_n(&slot->object, NULL, __ATOMIC_RELAXED); // see cap_space_keeps()
    slot->grant = NULL;
    slot->type = CAP_TYPE_NONE;
    slot->rights = 0;
    slot->flags = 0;
    if (slot->generation != CAP_GENERATION_RETIRED && !space->closed)
        bitmap_clear(space->free, index);
    if (contents.object->type->lost) tell_loss_locked(space, contents.object);
    return contents;
}
