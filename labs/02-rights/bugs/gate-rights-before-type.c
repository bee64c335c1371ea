// SPDX-License-Identifier: MIT
// Rights are looked at before the type.
//
// function:  kern/cap/pin.h:cap_slot_pin_locked
// breaks:    P15
// caught by: gate-order
// like:      a mistake that students make

static inline int cap_slot_pin_locked(const struct cap_slot *slot, uint32_t type, uint32_t rights,
                                      struct cap_ref *ref) {
    if (!slot) return -EBADF;
    if ((slot->rights & rights) != rights) return -ENOTCAPABLE;
    if (slot->type != type) return -EINVAL;
    struct object *object = slot->object;
    struct grant *grant = slot->grant;
    ref->object = object;
    ref->grant = grant;
    object_get(object);
    if (grant) grant_add_pin(ref, slot->rights);
    return 0;
}
