// SPDX-License-Identifier: MIT
// What a capability names. An object's count is the number of slots, pins and messages in flight
// that hold it; the last one to go destroys it. No type has a second rule.
#pragma once

#include "abi/cap.h"
#include "abi/types.h"

struct object;
struct thread;
struct account;
struct object_cache;

// One per type, registered at boot. `cap/` knows objects only through this.
struct object_type {
    const char *name;
    struct object_cache *cache;             // of the structures that begin with the object
    uint32_t code;                          // enum cap_type
    uint32_t rights;                        // the rights that a slot of this type can carry
    bool may_dup;                           // THREAD and DELEGATE: no
    bool may_transfer;                      // may cross to another process
    void (*destroy)(struct object *object); // count is zero; no lock held; may not sleep on users
    // Takes the lock under which operations on the object have their effect, and releases it: those
    // that were under way then have ended. NULL if no operation has an effect. May sleep.
    void (*settle)(struct object *object);
    // A process has lost its last live slot on the object, or (if not NULL) that thread of it ends.
    // Its table's lock is held. May be NULL.
    void (*lost)(struct object *object, int32_t pid, const struct thread *thread);
    void (*describe)(const struct object *object, char *name, size_t size); // for cap_stat
};

struct object {
    const struct object_type *type;
    struct account *account; // that it is charged to
    uint64_t id;             // never used twice
    uint32_t count;          // atomic
};

// Before the type's first object. Panics if the code is taken.
void object_type_register(const struct object_type *type);
const struct object_type *object_type_of_code(uint32_t code); // or NULL

// Prepares an object in memory of the caller's, charged to nobody, with one reference.
void object_init(struct object *object, const struct object_type *type);

// A new object, all zero behind the object itself, with one reference, which its maker hands to a
// slot or puts. NULL if memory or the account is exhausted. object_free() ends what destroy does.
struct object *object_create(const struct object_type *type, struct account *account);
void object_free(struct object *object);

_Noreturn void object_count_is_wrong(const struct object *object);
void object_destroy(struct object *object);

static inline void object_get(struct object *object) {
    uint32_t before = __atomic_fetch_add(&object->count, 1, __ATOMIC_RELAXED);
    // One reference is a slot, a pin or a message: memory ends long before the counter.
    if (__builtin_expect((int32_t)before <= 0, 0)) object_count_is_wrong(object);
}

// One reference less. True if it was the last: the caller then destroys the object, as object_put()
// does. For who must count down with a lock held, under which nothing can be destroyed.
static inline bool object_put_is_last(struct object *object) {
    uint32_t before = __atomic_fetch_sub(&object->count, 1, __ATOMIC_ACQ_REL);
    return __builtin_expect((int32_t)before <= 1, 0);
}

// Never with a spin lock held: the last put destroys.
static inline void object_put(struct object *object) {
    if (object_put_is_last(object)) object_destroy(object);
}

// The count at this moment.
static inline uint32_t object_count(const struct object *object) {
    return __atomic_load_n(&object->count, __ATOMIC_RELAXED);
}

// Objects that exist, all types together.
uint64_t object_count_live(void);
