// SPDX-License-Identifier: MIT
// The object is pinned before the rights are looked at, and stays so when they are refused.
//
// function:  kern/cap/pin.h:cap_slot_pin_locked
// breaks:    P8
// caught by: gate-rights
// like:      a pin that leaks on an error path (CVE-2016-0728)

static inline int cap_slot_pin_locked(const struct cap_slot *slot, uint32_t type, uint32_t rights,
                                      struct cap_ref *ref) {
    if (!slot) return -EBADF;
    if (slot->type != type) return -EINVAL;
    object_get(slot->object);
    if ((slot->rights & rights) != rights) return -ENOTCAPABLE;
    (void)object_put_is_last(slot->object);
    struct object *object = slot->object;
    struct grant *grant = slot->grant;
    ref->object = object;
    ref->grant = grant;
    object_get(object);
    if (grant) grant_add_pin(ref, slot->rights);
    return 0;
}
