// SPDX-License-Identifier: MIT
// How a new process gets its table: fork copies it, spawn hands on what may be handed on, exec
// empties what was marked. The child's table is not yet visible to anybody else; its lock is taken
// all the same, as the second of a pair, so that every access to a table is under its lock.

#include "abi/errno.h"
#include "cap/account.h"
#include "cap/events.h"
#include "cap/slot.h"
#include "lib/string.h"

static void fork_slots_locked(struct cap_space *child, const struct cap_space *parent) {
    cap_for_each_bit(child->used, i) {
        struct cap_slot *slot = &child->slots[i];
        *slot = parent->slots[i]; // the generation of a dead one counts as well
        if (!slot->object) continue;
        if (slot->object->type->may_dup && grant_is_live(slot->grant)) {
            object_get(slot->object);
            grant_get(slot->grant);
        } else {
            cap_slot_clear_locked(child, slot); // it never had references of its own
        }
    }
}

static uint64_t count_objects_locked(const struct cap_space *space) {
    uint64_t count = 0;
    cap_for_each_live_locked(space, i) count++;
    return count;
}

// What a call of another thread has reserved in the parent is nobody's in the child.
static void fork_free_locked(struct cap_space *child, const struct cap_space *parent) {
    for (uint32_t word = 0; word < BITMAP_WORDS(CAP_SLOTS); word++) {
        uint64_t odd = ~(parent->free[word] | parent->live[word]);
        child->free[word] = parent->free[word];
        for (; odd; odd &= odd - 1) {
            uint32_t index = word * 64 + (uint32_t)__builtin_ctzll(odd);
            if (parent->slots[index].generation != CAP_GENERATION_RETIRED)
                bitmap_set(child->free, index);
        }
    }
}

uint64_t cap_space_count_objects(struct cap_space *space) {
    spinlock_acquire(&space->lock);
    uint64_t count = space->slots ? count_objects_locked(space) : 0;
    spinlock_release(&space->lock);
    return count;
}

int cap_space_fork(struct cap_space *child, struct cap_space *parent) {
    cap_lock_pair(child, parent);
    // Those that arrive dead are charged for a moment too.
    if (!account_charge(child->account, ACCOUNT_SLOTS, count_objects_locked(parent))) {
        cap_unlock_pair(child, parent);
        return -EMFILE;
    }
    fork_free_locked(child, parent);
    memcpy(child->live, parent->live, sizeof(child->live));
    memcpy(child->used, parent->used, sizeof(child->used));
    child->received = parent->received;
    child->accepts = parent->accepts;
    fork_slots_locked(child, parent);
    cap_unlock_pair(child, parent);
    return 0;
}

static bool is_inherited(const struct cap_slot *slot) {
    return slot && slot->object->type->code == CAP_TYPE_FILE && !(slot->flags & CAP_CLOSE_ON_SPAWN);
}

static struct cap_slot_contents inherit_slot_locked(struct cap_space *child, int64_t target,
                                                    const struct cap_slot *slot) {
    object_get(slot->object);
    grant_get(slot->grant);
    struct cap_slot_contents replaced = cap_slot_replace_locked(
        child, target, slot->object, slot->grant, slot->rights & ~CAP_GRANT, 0);
    event_of_slot(EVENT_INHERIT, child, &child->slots[target], 0);
    return replaced;
}

int cap_space_inherit(struct cap_space *child, struct cap_space *parent, bool skip_ungrantable) {
    int result = 0;
    cap_lock_pair(child, parent);
    for (uint32_t i = 0; i < CAP_SLOTS_ORDINARY; i++) {
        const struct cap_slot *slot = cap_slot_find_locked(parent, i);
        if (!is_inherited(slot)) continue;
        if (!(slot->rights & CAP_GRANT)) {
            if (!skip_ungrantable) result = -EACCES;
        } else if (cap_slot_charge_locked(child, i) == 0) {
            inherit_slot_locked(child, i, slot);
        } else {
            result = result ? result : -EMFILE;
        }
    }
    cap_unlock_pair(child, parent);
    return result;
}

static int check_inherit_one_locked(const struct cap_space *child, int64_t target,
                                    const struct cap_slot *slot) {
    if (!slot || !cap_slot_may_fill_locked(child, target)) return -EBADF;
    if (slot->object->type->code != CAP_TYPE_FILE) return -EINVAL;
    return slot->rights & CAP_GRANT ? 0 : -EACCES;
}

int cap_space_inherit_one(struct cap_space *child, int64_t target, struct cap_space *parent,
                          int64_t index) {
    struct cap_slot_contents replaced = {NULL, NULL};
    cap_lock_pair(child, parent);
    const struct cap_slot *slot = cap_slot_find_locked(parent, index);
    int result = check_inherit_one_locked(child, target, slot);
    if (!result) result = cap_slot_charge_locked(child, target);
    if (!result) replaced = inherit_slot_locked(child, target, slot);
    cap_unlock_pair(child, parent);
    cap_slot_release(replaced);
    return result;
}

static bool ends_at_exec(const struct cap_slot *slot, int index, const struct object *thread) {
    bool is_other_thread = index >= CAP_SLOTS_ORDINARY && slot->object != thread;
    return (slot->flags & CAP_CLOSE_ON_SPAWN) || is_other_thread;
}

void cap_space_exec(struct cap_space *space, const struct object *thread) {
    for (int i = 0; i >= 0; i++) {
        struct cap_slot_contents contents = {NULL, NULL};
        spinlock_acquire(&space->lock);
        i = bitmap_next(space->live, CAP_SLOTS, (uint32_t)i);
        if (i >= 0 && ends_at_exec(&space->slots[i], i, thread))
            contents = cap_slot_clear_locked(space, &space->slots[i]);
        spinlock_release(&space->lock);
        cap_slot_release(contents);
        if (i < 0) break;
    }
}
