// SPDX-License-Identifier: MIT
// The calls on one capability table. Each takes the table's lock, decides, changes, releases the
// lock, and only then puts references, since the last one destroys the object.

#include "cap/cap_space.h"
#include "abi/errno.h"
#include "cap/account.h"
#include "cap/events.h"
#include "cap/slot.h"
#include "lib/print.h"
#include "lib/string.h"

int cap_space_init(struct cap_space *space, int32_t pid) {
    static uint64_t last_serial;
    *space = (struct cap_space){.accepts = CAP_ACCEPT_FAMILY};
    space->pid = pid;
    space->serial = __atomic_add_fetch(&last_serial, 1, __ATOMIC_RELAXED);
    spinlock_init(&space->lock, LOCK_CAP_SPACE);
    space->slots = page_alloc_zeroed();
    if (!space->slots) return -ENOMEM;
    memset(space->free, 0xff, sizeof(space->free));
    return 0;
}

static struct cap_slot_contents drop_locked(struct cap_space *space, struct cap_slot *slot) {
    event_of_slot(EVENT_DROP, space, slot, 0);
    return cap_slot_clear_locked(space, slot);
}

void cap_space_close(struct cap_space *space) {
    spinlock_acquire(&space->lock);
    space->closed = true;
    memset(space->free, 0, sizeof(space->free));
    for (int index; (index = bitmap_next(space->live, CAP_SLOTS, 0)) >= 0;) {
        struct cap_slot_contents contents = drop_locked(space, &space->slots[index]);
        spinlock_release(&space->lock);
        cap_slot_release(contents);
        spinlock_acquire(&space->lock);
    }
    spinlock_release(&space->lock);
}

void cap_space_destroy(struct cap_space *space) {
    page_put(space->slots);
    space->slots = NULL;
}

// ---- Minting -----------------------------------------------------------------------------------

static void mint_locked(struct cap_space *space, int index, struct object *object, uint32_t rights,
                        uint32_t flags) {
    cap_slot_fill_locked(space, (uint32_t)index, object, NULL, rights, flags);
    event_of_slot(EVENT_MINT, space, &space->slots[index], 0);
}

int cap_space_mint(struct cap_space *space, struct object *object, uint32_t rights,
                   uint32_t flags) {
    spinlock_acquire(&space->lock);
    int index = cap_slot_charge_lowest_locked(space);
    if (index >= 0) mint_locked(space, index, object, rights, flags);
    spinlock_release(&space->lock);
    return index;
}

int cap_space_reserve(struct cap_space *space) {
    spinlock_acquire(&space->lock);
    int index = cap_slot_charge_lowest_locked(space);
    if (index >= 0) bitmap_clear(space->free, (uint32_t)index);
    spinlock_release(&space->lock);
    return index;
}

void cap_space_fill(struct cap_space *space, int index, struct object *object, uint32_t rights,
                    uint32_t flags) {
    spinlock_acquire(&space->lock);
    bitmap_set(space->free, (uint32_t)index);
    mint_locked(space, index, object, rights, flags);
    spinlock_release(&space->lock);
}

void cap_space_unreserve(struct cap_space *space, int index) {
    spinlock_acquire(&space->lock);
    bitmap_set(space->free, (uint32_t)index);
    account_release(space->account, ACCOUNT_SLOTS, 1);
    spinlock_release(&space->lock);
}

int64_t cap_space_mint_reserved(struct cap_space *space, struct object *object, uint32_t rights) {
    spinlock_acquire(&space->lock);
    int index = bitmap_highest(space->free, CAP_SLOTS);
    int64_t token = -EMFILE;
    if (index >= CAP_SLOTS_ORDINARY && cap_slot_charge_locked(space, index) == 0) {
        mint_locked(space, index, object, rights, 0);
        token = cap_slot_token_locked(space, &space->slots[index]);
    }
    spinlock_release(&space->lock);
    return token;
}

int cap_space_mint_at(struct cap_space *space, int64_t index, struct object *object,
                      uint32_t rights, uint32_t flags) {
    struct cap_slot_contents replaced = {NULL, NULL};
    spinlock_acquire(&space->lock);
    int error =
        cap_slot_may_fill_locked(space, index) ? cap_slot_charge_locked(space, index) : -EBADF;
    if (!error) {
        replaced = cap_slot_replace_locked(space, index, object, NULL, rights, flags);
        event_of_slot(EVENT_MINT, space, &space->slots[index], 0);
    }
    spinlock_release(&space->lock);
    cap_slot_release(replaced);
    return error;
}

// ---- close, dup, drop --------------------------------------------------------------------------

int cap_space_close_slot(struct cap_space *space, int64_t index) {
    struct cap_slot_contents contents = {NULL, NULL};
    int result = 0;
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EBADF;
    else if (index >= CAP_SLOTS_ORDINARY)
        result = -EINVAL; // a thread's handle stays as long as the thread
    else
        contents = drop_locked(space, slot);
    spinlock_release(&space->lock);
    cap_slot_release(contents);
    return result;
}

// Makes `target` a second slot with the same rights and mark, but not close-on-spawn.
static struct cap_slot_contents copy_slot_locked(struct cap_space *space,
                                                 const struct cap_slot *source, int64_t target) {
    object_get(source->object);
    grant_get(source->grant);
    struct cap_slot_contents replaced =
        cap_slot_replace_locked(space, target, source->object, source->grant, source->rights,
                                source->flags & ~(CAP_CLOSE_ON_SPAWN | CAP_RECEIVED));
    event_of_slot(EVENT_DUP, space, &space->slots[target], 0);
    return replaced;
}

int cap_space_dup(struct cap_space *space, int64_t index) {
    int result;
    spinlock_acquire(&space->lock);
    struct cap_slot *source = cap_slot_find_locked(space, index);
    if (!source)
        result = -EBADF;
    else if (!source->object->type->may_dup)
        result = -EINVAL;
    else if ((result = cap_slot_charge_lowest_locked(space)) >= 0)
        copy_slot_locked(space, source, result);
    spinlock_release(&space->lock);
    return result;
}

// Whether dup2 may put a copy of `source` into slot `target`: 0, -EBADF, -EINVAL.
static int check_dup2_locked(const struct cap_space *space, const struct cap_slot *source,
                             int64_t target) {
    if (!source || (uint64_t)target >= CAP_SLOTS) return -EBADF;
    if (!source->object->type->may_dup || target >= CAP_SLOTS_ORDINARY) return -EINVAL;
    if (source == &space->slots[target]) return 0; // onto itself: nothing is cleared
    const struct object *object = space->slots[target].object;
    if (object && !object->type->may_dup) return -EINVAL;
    return cap_slot_may_fill_locked(space, target) ? 0 : -EBADF;
}

int cap_space_dup2(struct cap_space *space, int64_t index, int64_t target) {
    struct cap_slot_contents replaced = {NULL, NULL};
    spinlock_acquire(&space->lock);
    struct cap_slot *source = cap_slot_find_locked(space, index);
    int result = check_dup2_locked(space, source, target);
    if (result == 0) result = cap_slot_charge_locked(space, target);
    if (result == 0 && index != target) replaced = copy_slot_locked(space, source, target);
    spinlock_release(&space->lock);
    cap_slot_release(replaced);
    return result < 0 ? result : (int)target;
}

int64_t cap_space_get_token(struct cap_space *space, int64_t index, int64_t type) {
    int64_t result;
    spinlock_acquire(&space->lock);
    const struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EBADF;
    else if (slot->object->type->code != type)
        result = -EINVAL;
    else
        result = cap_slot_token_locked(space, slot);
    spinlock_release(&space->lock);
    return result;
}

int cap_space_drop(struct cap_space *space, cap_token token) {
    struct cap_slot_contents contents = {NULL, NULL};
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_of_token_locked(space, token);
    if (slot) contents = drop_locked(space, slot);
    spinlock_release(&space->lock);
    cap_slot_release(contents);
    return slot ? 0 : -EBADF;
}

// ---- Flags and information ---------------------------------------------------------------------

int cap_space_set_flags(struct cap_space *space, int64_t index, int64_t flags) {
    int result = 0;
    spinlock_acquire(&space->lock);
    struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (!slot)
        result = -EBADF;
    else if (flags & ~(int64_t)CAP_CLOSE_ON_SPAWN)
        result = -EINVAL;
    else
        slot->flags = (slot->flags & CAP_RECEIVED) | (uint32_t)flags;
    spinlock_release(&space->lock);
    return result;
}

int cap_space_accept(struct cap_space *space, int64_t who) {
    if ((uint64_t)who > CAP_ACCEPT_ANYBODY) return -EINVAL;
    spinlock_acquire(&space->lock);
    space->accepts = (uint32_t)who;
    spinlock_release(&space->lock);
    return 0;
}

int cap_space_stat(struct cap_space *space, int64_t index, struct cap_info *info) {
    memset(info, 0, sizeof(*info));
    spinlock_acquire(&space->lock);
    const struct cap_slot *slot = cap_slot_find_locked(space, index);
    if (slot) {
        const struct object *object = slot->object;
        info->type = object->type->code;
        info->rights = slot->rights;
        info->generation = slot->generation;
        info->flags = slot->flags;
        info->grant_epoch = slot->grant ? slot->grant->object.id : 0;
        info->object_id = object->id;
        info->references = __atomic_load_n(&object->count, __ATOMIC_RELAXED);
        object->type->describe(object, info->name, sizeof(info->name));
    }
    spinlock_release(&space->lock);
    return slot ? 0 : -EBADF;
}

uint32_t cap_space_count_live(struct cap_space *space) {
    uint32_t count = 0;
    spinlock_acquire(&space->lock);
    for (uint32_t i = 0; i < CAP_SLOTS; i++) count += cap_slot_find_locked(space, i) != NULL;
    spinlock_release(&space->lock);
    return count;
}

// ---- Pins --------------------------------------------------------------------------------------

void cap_lock_pair(struct cap_space *a, struct cap_space *b) {
    kassert(a != b && a->pid != b->pid);
    struct cap_space *first = a->pid < b->pid ? a : b;
    spinlock_acquire(&first->lock);
    spinlock_acquire_second(&(first == a ? b : a)->lock);
}

void cap_unlock_pair(struct cap_space *a, struct cap_space *b) {
    spinlock_release(&a->lock);
    spinlock_release(&b->lock);
}
