// SPDX-License-Identifier: MIT
// Look-up, check and pin in one step: inline, for the gate, through which every call on an object
// goes.
#pragma once

#include "abi/errno.h"
#include "cap/slot.h"

// 0 and the pin in *ref, which cap_ref_release() releases; or -EBADF if the slot is NULL, -EINVAL
// other type, -ENOTCAPABLE a right is missing, tried in this order. The table's lock is held.
static inline int cap_slot_pin_locked(const struct cap_slot *slot, uint32_t type, uint32_t rights,
                                      struct cap_ref *ref) {
    if (!slot) return -EBADF;
    if (slot->type != type) return -EINVAL;
    if ((slot->rights & rights) != rights) return -ENOTCAPABLE;
    struct object *object = slot->object;
    struct grant *grant = slot->grant;
    ref->object = object;
    ref->grant = grant;
    object_get(object);
    if (grant) grant_add_pin(ref, slot->rights);
    return 0;
}

static inline int cap_space_pin(struct cap_space *space, int64_t index, uint32_t type,
                                uint32_t rights, struct cap_ref *ref) {
    spinlock_acquire(&space->lock);
    int result = cap_slot_pin_locked(cap_slot_find_locked(space, index), type, rights, ref);
    spinlock_release(&space->lock);
    return result;
}

// The same for a handle that is a token: -EBADF too if it is not the slot's present one.
static inline int cap_space_pin_token(struct cap_space *space, cap_token token, uint32_t type,
                                      uint32_t rights, struct cap_ref *ref) {
    spinlock_acquire(&space->lock);
    int result = cap_slot_pin_locked(cap_slot_of_token_locked(space, token), type, rights, ref);
    spinlock_release(&space->lock);
    return result;
}
