// SPDX-License-Identifier: MIT
// Filling a slot sets its generation back.
//
// function:  kern/cap/slot.c:cap_slot_fill_locked
// breaks:    P3
// caught by: old-tokens
// like:      a counter that was set up again with the entry (xv6, 26f3061)

void cap_slot_fill_locked(struct cap_space *space, uint32_t index, struct object *object,
                          struct grant *grant, uint32_t rights, uint32_t flags) {
    struct cap_slot *slot = &space->slots[index];
    kassert(bitmap_test(space->free, index) && !slot->object);
    kassert((rights & ~object->type->rights) == 0);
    bitmap_clear(space->free, index);
    bitmap_set(space->live, index);
    bitmap_set(space->used, index);
    space->received += (flags & CAP_RECEIVED) != 0;
    slot->generation = 0;
    slot->grant = grant;
    slot->type = object->type->code;
    slot->rights = rights;
    slot->flags = flags;
    __atomic_store_n(&slot->object, object, __ATOMIC_RELAXED); // see cap_space_keeps()
}
