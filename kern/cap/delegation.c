// SPDX-License-Identifier: MIT
// Transfer and revocation, as far as they concern tables. Both tables' locks are held over every
// decision and the change that follows from it. A grant goes through these states:
//
//   made ── transfer commits ──> live ── revocation commits ──> revoked ── last slot, pin gone ──>
//   freed
//                                  └── handle dropped: a gift ── last slot, pin gone ──> freed

#include "cap/delegation.h"
#include "abi/errno.h"
#include "cap/account.h"
#include "cap/events.h"
#include "mem/uaccess.h"

static void lock_tables(struct cap_space *giver, struct cap_space *other) {
    if (other && other != giver)
        cap_lock_pair(giver, other);
    else
        spinlock_acquire(&giver->lock);
}

static void unlock_tables(struct cap_space *giver, struct cap_space *other) {
    if (other && other != giver) spinlock_release(&other->lock);
    spinlock_release(&giver->lock);
}

// ---- Transfer ----------------------------------------------------------------------------------

static int check_source_locked(const struct cap_slot *source, uint64_t rights) {
    if (!source) return -EBADF;
    if (!(source->rights & CAP_GRANT)) return -EACCES;
    if ((rights & ~(uint64_t)source->rights) || (rights & CAP_GRANT)) return -EINVAL;
    return source->object->type->may_transfer ? 0 : -EINVAL;
}

static int check_receiver_locked(const struct cap_space *giver, const struct cap_space *receiver,
                                 const struct cap_transfer *transfer) {
    if (receiver == giver) return -EINVAL;
    if (!receiver || receiver->closed) return -ESRCH;
    if (receiver->accepts == CAP_ACCEPT_ANYBODY) return 0;
    return receiver->accepts == CAP_ACCEPT_FAMILY && transfer->is_family ? 0 : -EPERM;
}

static void release_pair_locked(struct cap_space *giver, struct cap_space *receiver) {
    account_release(giver->account, ACCOUNT_SLOTS, 1);
    account_release(receiver->account, ACCOUNT_SLOTS, 1);
}

static int charge_pair_locked(struct cap_space *giver, int handle, struct cap_space *receiver,
                              int target) {
    int error = cap_slot_charge_locked(giver, handle);
    if (error) return error;
    error = cap_slot_charge_locked(receiver, target);
    if (error) account_release(giver->account, ACCOUNT_SLOTS, 1);
    return error;
}

static int64_t transfer_locked(struct cap_space *giver, struct cap_space *receiver,
                               const struct cap_transfer *transfer) {
    const struct cap_slot *source = cap_slot_of_token_locked(giver, transfer->token);
    int error = check_source_locked(source, transfer->rights);
    if (!error) error = check_receiver_locked(giver, receiver, transfer);
    if (!error) error = transfer->user_slot_error;
    if (error) return error;
    int handle = cap_slot_lowest_free_locked(giver);
    // The highest, so that it wins no race for a descriptor that the receiver is about to open.
    int target = cap_slot_highest_free_locked(receiver);
    if (handle < 0 || target < 0 || receiver->received >= CAP_RECEIVED_MAX) return -EMFILE;
    if (!transfer->grant) return -ENOMEM;
    if ((error = charge_pair_locked(giver, handle, receiver, target))) return error;
    if (copy_to_user_atomic(transfer->user_slot, &target, sizeof(target)) < sizeof(target)) {
        release_pair_locked(giver, receiver);
        return -EAGAIN;
    }
    object_get(source->object);
    grant_get(transfer->grant);
    cap_slot_fill_locked(receiver, (uint32_t)target, source->object, transfer->grant,
                         (uint32_t)transfer->rights, CAP_RECEIVED);
    event_of_slot(EVENT_TRANSFER, giver, &receiver->slots[target], receiver->pid);
    cap_slot_fill_locked(giver, (uint32_t)handle, &transfer->grant->object, NULL, CAP_WRITE, 0);
    return cap_slot_token_locked(giver, &giver->slots[handle]);
}

int64_t cap_transfer(struct cap_space *giver, struct cap_space *receiver,
                     const struct cap_transfer *transfer) {
    lock_tables(giver, receiver);
    int64_t result = transfer_locked(giver, receiver, transfer);
    unlock_tables(giver, receiver);
    return result;
}

// ---- Revocation --------------------------------------------------------------------------------

static struct cap_slot *delegate_slot_locked(struct cap_space *giver, cap_token token) {
    struct cap_slot *slot = cap_slot_of_token_locked(giver, token);
    return slot && slot->object->type->code == CAP_TYPE_DELEGATE ? slot : NULL;
}

struct grant *cap_delegate_of_token(struct cap_space *giver, cap_token token) {
    spinlock_acquire(&giver->lock);
    const struct cap_slot *slot = delegate_slot_locked(giver, token);
    struct grant *grant = slot ? grant_of_object(slot->object) : NULL;
    grant_get(grant);
    spinlock_release(&giver->lock);
    return grant;
}

cap_token cap_delegate_any(struct cap_space *giver) {
    cap_token token = -EBADF;
    spinlock_acquire(&giver->lock);
    cap_for_each_live_locked(giver, i) {
        const struct cap_slot *slot = &giver->slots[i];
        if (slot->object->type->code != CAP_TYPE_DELEGATE) continue;
        token = cap_slot_token_locked(giver, slot);
        break;
    }
    spinlock_release(&giver->lock);
    return token;
}

static void sweep_locked(struct cap_space *space, const struct grant *grant,
                         struct cap_swept *swept) {
    cap_for_each_live_locked(space, i) {
        if (swept->count == SWEEP_BATCH) return;
        if (space->slots[i].grant != grant) continue;
        event_of_slot(EVENT_SWEEP, space, &space->slots[i], 0);
        swept->contents[swept->count++] = cap_slot_clear_locked(space, &space->slots[i]);
    }
}

void cap_space_sweep(struct cap_space *space, const struct grant *grant, struct cap_swept *swept) {
    spinlock_acquire(&space->lock);
    sweep_locked(space, grant, swept);
    spinlock_release(&space->lock);
}

// The commit: consumes the handle, flips the grant, and clears its slots in the receiver's table,
// if that is still there. Nothing here can fail.
static void revoke_locked(struct cap_space *giver, struct cap_slot *handle,
                          struct cap_space *receiver, struct grant *grant,
                          struct cap_swept *swept) {
    event_of_slot(EVENT_REVOKE, giver, handle, grant->receiver);
    swept->contents[swept->count++] = cap_slot_clear_locked(giver, handle);
    grant_flip(grant);
    if (receiver) sweep_locked(receiver, grant, swept);
}

bool cap_revoke_commit(struct cap_space *giver, struct cap_space *receiver, cap_token token,
                       struct grant *grant, struct cap_swept *swept) {
    lock_tables(giver, receiver);
    struct cap_slot *slot = delegate_slot_locked(giver, token);
    bool is_ours = slot && slot->object == &grant->object;
    if (is_ours) revoke_locked(giver, slot, receiver, grant, swept);
    unlock_tables(giver, receiver);
    return is_ours;
}

void cap_swept_release(struct cap_swept *swept) {
    while (swept->count > 0) cap_slot_release(swept->contents[--swept->count]);
}
