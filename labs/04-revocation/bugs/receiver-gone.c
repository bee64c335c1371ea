// SPDX-License-Identifier: MIT
// If the receiver has ended, nothing is revoked.
//
// function:  kern/proc/delegation.c:process_revoke
// breaks:    P11
// caught by: fork-escape
// like:      an early return when the receiver has ended

int64_t process_revoke(cap_token token) {
    struct cap_space *giver = &process_current()->capabilities;
    struct cap_swept swept = {.count = 0};
    struct grant *grant = cap_delegate_of_token(giver, token);
    if (!grant) return -EBADF;
    spinlock_acquire(&process_tree_lock);
    bool is_revoked = !receiver_table_locked(grant) ||
                      cap_revoke_commit(giver, receiver_table_locked(grant), token, grant, &swept);
    spinlock_release(&process_tree_lock);
    cap_swept_release(&swept);
    if (is_revoked) {
        grant_end_operations(grant);
        sweep_all_tables(grant);
    }
    grant_put(grant);
    return is_revoked ? 0 : -EBADF;
}
