// SPDX-License-Identifier: MIT
// Slots, generations and tokens.
//
// A slot is free, live or retired. Filling a free slot makes it live; clearing a live one bumps its
// generation, so that every token made of it before is refused for ever, and makes it free again,
// or retired if the generation would wrap: no token value ever names two capabilities. The table's
// lock guards everything here.

#include "cap/slot.h"
#include "cap/account.h"
#include "abi/errno.h"
#include "lib/print.h"

cap_token cap_slot_token_locked(const struct cap_space *space, const struct cap_slot *slot) {
    return (cap_token)slot->generation << CAP_TOKEN_GENERATION_SHIFT |
           (cap_token)slot->rights << CAP_TOKEN_RIGHTS_SHIFT |
           (cap_token)slot->type << CAP_TOKEN_TYPE_SHIFT | cap_slot_index(space, slot);
}

struct cap_slot *cap_slot_of_token_locked(struct cap_space *space, cap_token token) {
    uint64_t index = (uint64_t)token & ((1u << CAP_TOKEN_SLOT_BITS) - 1);
    struct cap_slot *slot = cap_slot_find_locked(space, (int64_t)index);
    // One comparison checks every field and that no other bit is set.
    if (!slot || cap_slot_token_locked(space, slot) != token) return NULL;
    return slot;
}

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
    slot->rights = rights;
    slot->flags = flags;
    __atomic_store_n(&slot->object, object, __ATOMIC_RELAXED); // see cap_space_keeps()
}

// Tells the object's type if this table has no other live slot on the object; false if it has.
static bool tell_loss_locked(struct cap_space *space, struct object *object) {
    cap_for_each_live_locked(space, i) {
        const struct cap_slot *slot = &space->slots[i];
        if (slot->object == object && grant_is_live(slot->grant)) return false;
    }
    object->type->lost(object, space->pid, NULL);
    return true;
}

bool cap_space_has_slot(struct cap_space *space, struct object *object) {
    spinlock_acquire(&space->lock);
    bool has_slot = !tell_loss_locked(space, object);
    spinlock_release(&space->lock);
    return has_slot;
}

void cap_space_abandon(struct cap_space *space, const struct thread *thread) {
    spinlock_acquire(&space->lock);
    cap_for_each_live_locked(space, i) {
        struct object *object = space->slots[i].object;
        if (object->type->lost) object->type->lost(object, space->pid, thread);
    }
    spinlock_release(&space->lock);
}

int cap_slot_charge_locked(struct cap_space *space, int64_t index) {
    if (space->slots[index].object) return 0; // what is there goes, and its charge passes on
    return account_charge(space->account, ACCOUNT_SLOTS, 1) ? 0 : -EMFILE;
}

// Leaves the charge.
static struct cap_slot_contents empty_locked(struct cap_space *space, struct cap_slot *slot) {
    struct cap_slot_contents contents = {slot->object, slot->grant};
    uint32_t index = cap_slot_index(space, slot);
    slot->generation++;
    bitmap_clear(space->live, index);
    space->received -= (slot->flags & CAP_RECEIVED) != 0;
    __atomic_store_n(&slot->object, NULL, __ATOMIC_RELAXED); // see cap_space_keeps()
    slot->grant = NULL;
    slot->type = CAP_TYPE_NONE;
    slot->rights = 0;
    slot->flags = 0;
    if (slot->generation != CAP_GENERATION_RETIRED && !space->closed)
        bitmap_set(space->free, index);
    if (contents.object->type->lost) tell_loss_locked(space, contents.object);
    return contents;
}

struct cap_slot_contents cap_slot_clear_locked(struct cap_space *space, struct cap_slot *slot) {
    account_release(space->account, ACCOUNT_SLOTS, 1);
    return empty_locked(space, slot);
}

bool cap_slot_may_fill_locked(const struct cap_space *space, int64_t index) {
    if ((uint64_t)index >= CAP_SLOTS_ORDINARY) return false;
    // A slot one short of retirement would be retired by the clearing, and could not be filled.
    const struct cap_slot *slot = &space->slots[index];
    return slot->object ? slot->generation + 1 < CAP_GENERATION_RETIRED
                        : bitmap_test(space->free, (uint32_t)index);
}

struct cap_slot_contents cap_slot_replace_locked(struct cap_space *space, int64_t index,
                                                 struct object *object, struct grant *grant,
                                                 uint32_t rights, uint32_t flags) {
    struct cap_slot_contents replaced = {NULL, NULL};
    struct cap_slot *slot = &space->slots[index];
    if (slot->object) replaced = empty_locked(space, slot);
    cap_slot_fill_locked(space, (uint32_t)index, object, grant, rights, flags);
    return replaced;
}

void cap_slot_release(struct cap_slot_contents contents) {
    if (contents.object) object_put(contents.object);
    grant_put(contents.grant);
}

int cap_slot_highest_free_locked(const struct cap_space *space) {
    int index = bitmap_highest(space->free, CAP_SLOTS_ORDINARY);
    return index < 0 ? -EMFILE : index;
}

int cap_slot_lowest_free_locked(const struct cap_space *space) {
    int index = bitmap_lowest(space->free, CAP_SLOTS_ORDINARY);
    return index < 0 ? -EMFILE : index;
}

int cap_slot_charge_lowest_locked(struct cap_space *space) {
    int index = cap_slot_lowest_free_locked(space);
    if (index < 0) return index;
    return account_charge(space->account, ACCOUNT_SLOTS, 1) ? index : -EMFILE;
}
