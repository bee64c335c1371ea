// SPDX-License-Identifier: MIT
// A new slot gets every right that its type has.
//
// function:  kern/cap/slot.c:cap_slot_fill_locked
// breaks:    P4
// caught by: mint token
// like:      capabilities that are given more than was asked for

void cap_slot_fill_locked(struct cap_space *space, uint32_t index, struct object *object,
                          struct grant *grant, uint32_t rights, uint32_t flags) {
    struct cap_slot *slot = &space->slots[index];
    kassert(bitmap_test(space->free, index) && !slot->object);
    kassert((rights & ~object->type->rights) == 0);
    bitmap_clear(space->free, index);
    bitmap_set(space->live, index);
    bitmap_set(space->used, index);
    space->received += (flags & CAP_RECEIVED) != 0;
    slot->grant = grant;
    slot->type = object->type->code;
    slot->rights = object->type->rights;
    slot->flags = flags;
    __atomic_store_n(&slot->object, object, __ATOMIC_RELAXED); // see cap_space_keeps()
}
