// SPDX-License-Identifier: MIT
// A grant is one act of delegation, and the object that the giver's DELEGATE slot names. The slots
// made under it point at it; once it is revoked, every look-up through such a slot fails, and every
// operation that holds a pin from one finds out when it next acquires its object's lock. The
// grant's spin lock guards its list of pins.
#pragma once

#include "cap/object.h"
#include "lib/list.h"
#include "sync/lock.h"

struct thread;

// The object's count is the DELEGATE slot, the marked slots and the pins that point here; its
// number is the grant epoch.
struct grant {
    struct object object;
    uint32_t revoked;         // atomic: 0, then 1 for ever
    int32_t receiver;         // the process that it was made to, and
    uint64_t receiver_serial; // which of those that have had this number
    struct spinlock lock;
    struct list pins; // of struct cap_ref
};

// A counted hold on an object for the length of one operation.
struct cap_ref {
    struct object *object; // NULL: nothing is pinned
    struct grant *grant;   // the slot's mark at look-up
    struct thread *thread; // whose operation it is; with a grant only, as the next two
    uint32_t rights;       // of the slot
    struct list node;      // on the grant's pins
};

void grant_init(void);

// A new grant with one reference, or NULL.
struct grant *grant_create(void);

// Enters a new pin, which has its object and the grant, and takes it out again.
void grant_add_pin(struct cap_ref *ref, uint32_t rights);
void grant_remove_pin(struct cap_ref *ref);

// The commit point of a revocation. Any context.
static inline void grant_flip(struct grant *grant) {
    __atomic_store_n(&grant->revoked, 1, __ATOMIC_SEQ_CST);
}

// After the flip: wakes who sleeps under the grant. When it returns, no operation through it has an
// effect any more: what was under way in the object has ended. May sleep.
void grant_end_operations(struct grant *grant);

static inline struct grant *grant_of_object(struct object *object) {
    return container_of(object, struct grant, object);
}

// These accept NULL: a slot that its process made itself bears no mark.
static inline void grant_get(struct grant *grant) {
    if (grant) object_get(&grant->object);
}

static inline void grant_put(struct grant *grant) {
    if (grant) object_put(&grant->object);
}

static inline bool grant_is_live(const struct grant *grant) {
    return !grant || !__atomic_load_n(&grant->revoked, __ATOMIC_ACQUIRE);
}
