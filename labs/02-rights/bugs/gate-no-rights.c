// SPDX-License-Identifier: MIT
// The gate does not look at rights.
//
// function:  kern/cap/pin.h:cap_slot_pin_locked
// breaks:    P15
// caught by: gate-rights
// like:      a read path that checked the handle but not its rights (CVE-2022-0882)

static inline int cap_slot_pin_locked(const struct cap_slot *slot, uint32_t type, uint32_t rights,
                                      struct cap_ref *ref) {
    if (!slot) return -EBADF;
    if (slot->type != type) return -EINVAL;
    (void)rights;
    struct object *object = slot->object;
    struct grant *grant = slot->grant;
    ref->object = object;
    ref->grant = grant;
    object_get(object);
    if (grant) grant_add_pin(ref, slot->rights);
    return 0;
}
