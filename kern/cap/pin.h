// SPDX-License-Identifier: MIT
// Look-up, check and pin in one step: inline, for the gate, through which every call on an object
// goes.
#pragma once

#include "abi/errno.h"
#include "cap/slot.h"

// 0 and the pin in *ref, which cap_ref_release() releases; or -EBADF not live, -EINVAL other type,
// -ENOTCAPABLE a right is missing, tried in this order.
static inline int cap_space_pin(struct cap_space *space, int64_t index, uint32_t type,
                                uint32_t rights, struct cap_ref *ref) {
    int result = 0;
    spinlock_acquire(&space->lock);
    const struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot) {
        result = -EBADF;
    } else if (slot->object->type->code != type) {
        result = -EINVAL;
    } else if ((slot->rights & rights) != rights) {
        result = -ENOTCAPABLE;
    } else {
        ref->object = slot->object;
        ref->grant = slot->grant;
        ref->rights = slot->rights;
        object_get(ref->object);
        if (ref->grant) grant_add_pin(ref->grant, ref);
    }
    spinlock_release(&space->lock);
    return result;
}
