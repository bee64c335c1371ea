// SPDX-License-Identifier: MIT
// cap_transfer() and cap_revoke_delegate(): finding the other processes, whose tables exist as long
// as the process-tree lock is held. Revocation has four phases: the handle is looked up under the
// giver's lock alone; that is released; both tables are locked, and if nothing has changed the
// revocation commits and clears the receiver's slots; then the operations under way are ended, and
// the copies that a fork has carried into other tables are removed, one table at a time.

#include "abi/errno.h"
#include "cap/delegation.h"
#include "mem/uaccess.h"
#include "proc/tree.h"

// ---- Transfer ----------------------------------------------------------------------------------

static int64_t try_transfer(int64_t pid, struct cap_transfer *transfer) {
    struct process *giver = process_current();
    transfer->user_slot_error = user_prepare_write(transfer->user_slot, sizeof(int32_t));
    spinlock_acquire(&process_tree_lock);
    struct process *receiver = process_find_locked(pid);
    if (receiver && receiver->is_ending && receiver != giver) receiver = NULL;
    if (receiver && transfer->grant) {
        transfer->grant->receiver = receiver->pid;
        transfer->grant->receiver_serial = receiver->capabilities.serial;
    }
    transfer->is_family = receiver && (receiver->parent == giver || giver->parent == receiver);
    int64_t result =
        cap_transfer(&giver->capabilities, receiver ? &receiver->capabilities : NULL, transfer);
    spinlock_release(&process_tree_lock);
    return result;
}

int64_t process_transfer(cap_token token, int64_t pid, uint64_t rights, uint64_t user_slot) {
    struct cap_transfer transfer = {
        .token = token, .rights = rights, .user_slot = user_slot, .grant = grant_create()};
    int64_t result;
    do result = try_transfer(pid, &transfer);
    while (result == -EAGAIN);
    if (result < 0) grant_put(transfer.grant);
    return result;
}

// ---- Revocation --------------------------------------------------------------------------------

static struct cap_space *receiver_table_locked(const struct grant *grant) {
    struct process *receiver = process_find_locked(grant->receiver);
    bool is_same = receiver && receiver->capabilities.serial == grant->receiver_serial;
    return is_same ? &receiver->capabilities : NULL;
}

// Goes on until no slot is left; one reference to the grant is the caller's own.
static void sweep_all_tables(const struct grant *grant) {
    struct cap_swept swept = {.count = 0};
    for (uint32_t i = 0; i < PROCESSES_MAX && object_count(&grant->object) > 1;) {
        spinlock_acquire(&process_tree_lock);
        struct process *process = process_next_at_any_state_locked(&i);
        if (process) cap_space_sweep(&process->capabilities, grant, &swept);
        spinlock_release(&process_tree_lock);
        if (swept.count < SWEEP_BATCH) i++;
        cap_swept_release(&swept);
    }
}

int64_t process_revoke(cap_token token) {
    struct cap_space *giver = &process_current()->capabilities;
    struct cap_swept swept = {.count = 0};
    struct grant *grant = cap_delegate_of_token(giver, token);
    if (!grant) return -EBADF;
    spinlock_acquire(&process_tree_lock);
    bool is_revoked = cap_revoke_commit(giver, receiver_table_locked(grant), token, grant, &swept);
    spinlock_release(&process_tree_lock);
    cap_swept_release(&swept);
    if (is_revoked) {
        grant_end_operations(grant);
        sweep_all_tables(grant);
    }
    grant_put(grant);
    return is_revoked ? 0 : -EBADF;
}

void process_revoke_all(void) {
    struct cap_space *giver = &process_current()->capabilities;
    for (;;) {
        cap_token token = cap_delegate_any(giver);
        if (token < 0) return;
        process_revoke(token); // in vain if another thread was faster
    }
}
