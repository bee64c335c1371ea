// SPDX-License-Identifier: MIT
// Accounts of processes, and the recount of what they really have. The process-tree lock keeps
// processes from coming and going meanwhile.

#include "abi/errno.h"
#include "proc/tree.h"

int64_t process_account_info(int64_t pid, struct account_info *info) {
    spinlock_acquire(&process_tree_lock);
    const struct process *process = pid == 0 ? process_current() : process_find_locked(pid);
    if (process) account_get_info(process->account, info);
    spinlock_release(&process_tree_lock);
    return process ? 0 : -ESRCH;
}

bool process_recount(struct account_difference *difference) {
    spinlock_acquire(&process_tree_lock);
    account_recount_begin();
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = process_at_any_state_locked(i);
        if (!process) continue;
        account_recount_add(process->account, ACCOUNT_PROCESSES, 1);
        account_recount_add(process->account, ACCOUNT_SLOTS,
                            cap_space_count_objects(&process->capabilities));
        if (process->space)
            account_recount_add(process->account, ACCOUNT_PAGES,
                                process->space->pages + process->space->tables);
    }
    bool result = account_recount_agrees(difference);
    spinlock_release(&process_tree_lock);
    return result;
}
