// SPDX-License-Identifier: MIT
// The capability table of a process: slots, generations, tokens. Its spin lock guards everything
// in it. Functions named _locked expect it held; the others take it.
#pragma once

#include "cap/grant.h"
#include "cap/object.h"
#include "mem/page.h"
#include "sched/wait_queue.h"
#include "sync/lock.h"

// A live slot has an object. Dead ones keep their generation.
struct cap_slot {
    struct object *object;
    struct grant *grant; // the grant it was made under, or NULL
    uint32_t generation;
    uint32_t type; // the object's, so that a look-up need not go there
    uint32_t rights;
    uint32_t flags;
};
_Static_assert(sizeof(struct cap_slot) * CAP_SLOTS == PAGE_SIZE, "a table's slots fill one page");

struct cap_space {
    struct spinlock lock;
    int32_t pid;                   // the lock order of pairs
    bool closed;                   // the process is exiting: nothing can be minted any more
    uint32_t received;             // slots with CAP_RECEIVED
    uint32_t accepts;              // enum cap_accept: from whom it takes transfers
    struct account *account;       // its live slots are charged to
    uint64_t serial;               // tells it from others that have had its process number
    uint64_t live[CAP_SLOTS / 64]; // a set bit: there is an object, maybe under a revoked grant
    uint64_t used[CAP_SLOTS / 64]; // a set bit: it is live or has been; the others are all zero
    uint64_t free[CAP_SLOTS / 64]; // a set bit: neither live, nor retired, nor reserved by a call
    struct cap_slot *slots;        // one page
};

// An empty table. -ENOMEM.
int cap_space_init(struct cap_space *space, int32_t pid);

// Empties every slot and refuses new ones. At process exit and on failed construction.
void cap_space_close(struct cap_space *space);
// Frees the page. After close.
void cap_space_destroy(struct cap_space *space);

// Puts an object into the lowest free ordinary slot, taking over the caller's
// reference. The slot, or -EMFILE, and then the reference is still the caller's.
int cap_space_mint(struct cap_space *space, struct object *object, uint32_t rights, uint32_t flags);

// In two steps, for calls that must know that there is a slot before they do what cannot be undone:
// takes the lowest free ordinary slot out of use, or -EMFILE; then fills it, or gives it back.
int cap_space_reserve(struct cap_space *space);
void cap_space_fill(struct cap_space *space, int slot, struct object *object, uint32_t rights,
                    uint32_t flags);
void cap_space_unreserve(struct cap_space *space, int slot);

// As mint, into reserved slots, for thread handles. The token, or -EMFILE.
int64_t cap_space_mint_reserved(struct cap_space *space, struct object *object, uint32_t rights);

// ---- The calls on the table; errors as in the specification ------------------------------------

int cap_space_close_slot(struct cap_space *space, int64_t slot);
int cap_space_dup(struct cap_space *space, int64_t slot);
int cap_space_dup2(struct cap_space *space, int64_t slot, int64_t target);
int64_t cap_space_get_token(struct cap_space *space, int64_t slot, int64_t type);
int cap_space_drop(struct cap_space *space, cap_token token);
int cap_space_set_flags(struct cap_space *space, int64_t slot, int64_t flags);
int cap_space_accept(struct cap_space *space, int64_t who);
int cap_space_stat(struct cap_space *space, int64_t slot, struct cap_info *info);

// ---- Whole tables ------------------------------------------------------------------------------

// fork: 0, or -EMFILE if the account does not bear it. Copies rights, marks, generations and
// retirements into an empty table; THREAD and DELEGATE slots arrive dead with a bumped generation.
int cap_space_fork(struct cap_space *child, struct cap_space *parent);

// spawn: every live open file to the same slot of an empty table, less GRANT and close-on-spawn
// slots. -EACCES if one lacks GRANT and skip_ungrantable is false; the child's table is then to be
// closed by the caller.
int cap_space_inherit(struct cap_space *child, struct cap_space *parent, bool skip_ungrantable);

// spawn's DUP2 from the parent's table: GRANT-gated and stripped. -EBADF, -EINVAL, -EACCES.
int cap_space_inherit_one(struct cap_space *child, int64_t target, struct cap_space *parent,
                          int64_t slot);

// spawn's OPEN: puts an object into a chosen ordinary slot, closing what was there; takes over the
// reference. -EBADF if there is no such slot, and then the reference is still the caller's.
int cap_space_mint_at(struct cap_space *space, int64_t slot, struct object *object, uint32_t rights,
                      uint32_t flags);

// A thread of the process is about to end: what it alone may undo, as unlocking a mutex, is undone.
void cap_space_abandon(struct cap_space *space, const struct thread *thread);

// False if the process has no live slot on the object any more: then that is told of the loss.
bool cap_space_has_slot(struct cap_space *space, struct object *object);

// The caller has taken a lock, the object, through this slot. False if the process cannot keep it,
// since another of its threads has closed its last slot meanwhile.
static inline bool cap_space_keeps(struct cap_space *space, int64_t slot, struct object *object) {
    // Without the table's lock: who empties the slot tells the object after that, so either the
    // caller sees it here, since it has had the object's lock later, or it is told in time.
    if (__atomic_load_n(&space->slots[slot].object, __ATOMIC_RELAXED) == object) return true;
    return cap_space_has_slot(space, object);
}

// exec: empties the close-on-spawn slots, and the handles of all threads but this one.
void cap_space_exec(struct cap_space *space, const struct object *thread);

uint32_t cap_space_count_live(struct cap_space *space);
uint64_t cap_space_count_objects(struct cap_space *space); // also in slots whose grant is revoked

// ---- Pins --------------------------------------------------------------------------------------

static inline void cap_ref_release(struct cap_ref *ref) {
    if (ref->grant) grant_remove_pin(ref);
    object_put(ref->object);
}

// False once the grant that the capability came under is revoked. An operation asks each time it
// has acquired its object's lock, before it has any effect, and fails with -EBADF.
static inline bool cap_ref_is_live(const struct cap_ref *ref) { return grant_is_live(ref->grant); }

enum wake_reason cap_ref_sleep_under_grant(const struct cap_ref *ref, struct wait_queue *queue,
                                           struct spinlock *lock, uint64_t deadline);

// wait_queue_sleep() in the middle of an operation: a revocation of what the pin came under ends
// it.
static inline enum wake_reason cap_ref_sleep(const struct cap_ref *ref, struct wait_queue *queue,
                                             struct spinlock *lock, uint64_t deadline) {
    if (!ref->grant) return wait_queue_sleep(queue, lock, NULL, deadline);
    return cap_ref_sleep_under_grant(ref, queue, lock, deadline);
}

// The two locks of a pair in ascending pid order; the spaces differ.
void cap_lock_pair(struct cap_space *a, struct cap_space *b);
void cap_unlock_pair(struct cap_space *a, struct cap_space *b);
