// SPDX-License-Identifier: MIT
// Emptying a slot does not bump its generation.
//
// function:  kern/cap/slot.c:empty_locked
// breaks:    P3
// caught by: old-tokens
// like:      file handles that were used again after a close

static struct cap_slot_contents empty_locked(struct cap_space *space, struct cap_slot *slot) {
    struct cap_slot_contents contents = {slot->object, slot->grant};
    uint32_t index = cap_slot_index(space, slot);
    bitmap_clear(space->live, index);
    space->received -= (slot->flags & CAP_RECEIVED) != 0;
    __atomic_store_n(&slot->object, NULL, __ATOMIC_RELAXED); // see cap_space_keeps()
    slot->grant = NULL;
    slot->type = CAP_TYPE_NONE;
    slot->rights = 0;
    slot->flags = 0;
    if (slot->generation != CAP_GENERATION_RETIRED && !space->closed)
        bitmap_set(space->free, index);
    if (contents.object->type->lost) tell_loss_locked(space, contents.object);
    return contents;
}
