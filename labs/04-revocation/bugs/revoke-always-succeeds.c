// SPDX-License-Identifier: MIT
// To revoke what is no handle succeeds.
//
// function:  kern/proc/delegation.c:process_revoke
// breaks:    P11
// caught by: revoke revoke-refused
// like:      a mistake that students make

int64_t process_revoke(cap_token token) {
    struct cap_space *giver = &process_current()->capabilities;
    struct cap_swept swept = {.count = 0};
    struct grant *grant = cap_delegate_of_token(giver, token);
    if (!grant) return 0;
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
