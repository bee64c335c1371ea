// SPDX-License-Identifier: MIT
// fork, exit, wait, kill, groups and information. The process-tree lock guards relations and
// states; a process's memory and capabilities are given back at its exit by its own thread, and
// the zombie that waits for its parent holds neither.

#include "abi/errno.h"
#include "dev/power.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/uaccess.h"
#include "proc/tree.h"

int64_t process_fork(const struct trap_frame *frame) {
    struct process *parent = process_current();
    int error;
    struct process *child = process_create(parent->account, &error);
    if (!child) return error;
    string_copy(child->name, parent->name, sizeof(child->name));
    process_inherit_attributes(child, parent);
    process_inherit_directory(child);
    child->space = address_space_fork(parent->space);
    error = child->space ? cap_space_fork(&child->capabilities, &parent->capabilities) : -ENOMEM;
    if (!error) error = process_add_thread(child);
    if (!error) {
        memcpy(process_frame(child), frame, arch_frame_size());
        arch_frame_set_result(process_frame(child), 0);
    }
    int64_t result = error ? error : process_publish(child, parent);
    if (result < 0) process_abandon(child);
    return result;
}

struct address_space *process_replace_space(struct process *process, struct address_space *space) {
    spinlock_acquire(&process_tree_lock);
    struct address_space *old = process->space;
    process->space = space;
    spinlock_release(&process_tree_lock);
    return old;
}

// ---- Exit --------------------------------------------------------------------------------------

// Orphans go to the first process, and zombies among them must be noticed there.
static void reparent_children_locked(struct process *process) {
    struct process *first = process_find_locked(1);
    if (list_is_empty(&process->children)) return;
    list_for_each(node, &process->children) {
        struct process *child = container_of(node, struct process, sibling);
        child->parent = first;
        list_remove(node);
        list_push_back(&first->children, node);
    }
    wait_queue_wake_all(&first->child_ended);
}

void process_become_zombie(struct process *process) {
    spinlock_acquire(&process_tree_lock);
    reparent_children_locked(process);
    process->state = PROCESS_ZOMBIE;
    wait_queue_wake_all(&process->parent->child_ended);
    spinlock_release(&process_tree_lock);
    // From here on the parent may free the process.
}

void process_finish(struct process *process) {
    if (process == process->parent) {
        kprintf("the first process ended with status %d\n", STATUS_SHELL(process->exit_status));
        power_off(STATUS_SHELL(process->exit_status) & 0xff);
    }
    process_revoke_all();
    process_leave_directory(process);
    cap_space_close(&process->capabilities);
    address_space_destroy(process_replace_space(process, NULL));
    spinlock_acquire(&process_tree_lock);
    list_init(&process->threads);
    process->thread_count = 0;
    spinlock_release(&process_tree_lock);
}

void process_exit(int32_t status) {
    spinlock_acquire(&process_tree_lock);
    process_end_locked(process_current(), status);
    spinlock_release(&process_tree_lock);
    user_thread_end(0);
}

// ---- Wait --------------------------------------------------------------------------------------

static struct process *find_child_locked(struct process *parent, int64_t pid, bool *has_children) {
    *has_children = false;
    list_for_each(node, &parent->children) {
        struct process *child = container_of(node, struct process, sibling);
        if (pid != WAIT_ANY && pid != child->pid) continue;
        *has_children = true;
        if (child->state == PROCESS_ZOMBIE) return child;
    }
    return NULL;
}

// A zombie child, unlinked, or NULL with *error: 0 there is none yet, -ECHILD, -EINTR.
static struct process *wait_for_zombie(int64_t pid, int64_t flags, int *error) {
    struct process *parent = process_current(), *child;
    bool has_children;
    *error = 0;
    spinlock_acquire(&process_tree_lock);
    while (!(child = find_child_locked(parent, pid, &has_children))) {
        if (!has_children)
            *error = -ECHILD;
        else if (!(flags & WAIT_NO_HANG) &&
                 wait_queue_sleep(&parent->child_ended, &process_tree_lock, NULL, TIMEOUT_NEVER) ==
                     WAKE_KILLED)
            *error = -EINTR;
        if (*error || (flags & WAIT_NO_HANG)) break;
    }
    if (child) process_unlink_locked(child);
    spinlock_release(&process_tree_lock);
    return child;
}

int64_t process_wait(int64_t pid, uint64_t user_status, int64_t flags) {
    int error = 0;
    if ((pid != WAIT_ANY && pid <= 0) || (flags & ~(int64_t)WAIT_NO_HANG)) return -EINVAL;
    // Before a child is taken, so that its status cannot be lost.
    if (user_status && (error = user_prepare_write(user_status, sizeof(int32_t)))) return error;
    struct process *child = wait_for_zombie(pid, flags, &error);
    if (!child) return error;
    int32_t status = child->exit_status, child_pid = child->pid;
    process_free(child);
    if (user_status) error = copy_to_user(user_status, &status, sizeof(status));
    return error ? error : child_pid;
}

// ---- Kill --------------------------------------------------------------------------------------

int process_kill_group(int32_t group, int32_t status) {
    int count = 0;
    spinlock_acquire(&process_tree_lock);
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = process_at_locked(i);
        if (!process || process->group != group || process->pid == 1) continue;
        process_end_locked(process, status);
        count++;
    }
    spinlock_release(&process_tree_lock);
    return count;
}

int64_t process_kill(int64_t pid, int32_t status) {
    if (pid == 0 || pid == -1 || pid != (int32_t)pid) return -EINVAL;
    if (pid == 1) return -EPERM;
    if (pid < 0) return process_kill_group((int32_t)-pid, status) > 0 ? 0 : -ESRCH;
    spinlock_acquire(&process_tree_lock);
    struct process *process = process_find_locked(pid);
    if (process) process_end_locked(process, status);
    spinlock_release(&process_tree_lock);
    return process ? 0 : -ESRCH;
}

// ---- Relations and information -----------------------------------------------------------------

int32_t process_parent_pid(void) {
    spinlock_acquire(&process_tree_lock);
    int32_t pid = process_current()->parent->pid;
    spinlock_release(&process_tree_lock);
    return pid;
}

int64_t process_set_group(int64_t pid, int64_t group) {
    struct process *caller = process_current();
    if (group < 0 || group != (int32_t)group) return -EINVAL;
    spinlock_acquire(&process_tree_lock);
    struct process *process = pid == 0 ? caller : process_find_locked(pid);
    bool may = process && (process == caller || process->parent == caller);
    if (may) process->group = group == 0 ? process->pid : (int32_t)group;
    spinlock_release(&process_tree_lock);
    return may ? 0 : -ESRCH;
}

static void add_thread_info(const struct list *node, struct process_info *info) {
    const struct thread *thread = &container_of(node, struct user_thread, sibling)->thread;
    info->run_time += thread->run_time;
    if (thread->state == THREAD_RUNNING) info->run_time += clock_now() - thread->run_started;
    if (thread->state != THREAD_SLEEPING) info->blocked = 0;
}

static void fill_info_locked(struct process *process, struct process_info *info) {
    *info = (struct process_info){
        .pid = process->pid,
        .parent = process->parent->pid,
        .group = process->group,
        .state = process->state,
        .syscalls_denied = process->syscalls_denied,
        .syscall_denied_last = process->syscall_denied_last,
        .priority_max = process->priority_max,
    };
    string_copy(info->name, process->name, sizeof(info->name));
    for (uint32_t number = 0; number < SYSCALL_MAX; number++)
        info->syscalls_allowed[number / 64] |= (uint64_t)process->syscalls_allowed[number]
                                               << (number % 64);
    if (process->thread_count == 0) return;
    const struct thread *first = &process_first_thread(process)->thread;
    info->slots_live = cap_space_count_live(&process->capabilities);
    info->threads = process->thread_count;
    info->run_time = process->run_time;
    info->priority = first->priority;
    info->blocked = 1;
    info->cpu = first->header.cpu->index;
    list_for_each(node, &process->threads) add_thread_info(node, info);
    info->pages = process->space ? (uint32_t)process->space->pages : 0;
}

int64_t process_info(int64_t pid, struct process_info *info) {
    struct process *found = NULL;
    spinlock_acquire(&process_tree_lock);
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = process_at_locked(i);
        if (process && process->pid >= pid && (!found || process->pid < found->pid))
            found = process;
    }
    if (found) fill_info_locked(found, info);
    int64_t result = found ? found->pid : -ESRCH;
    spinlock_release(&process_tree_lock);
    return result;
}

int64_t process_inspect_slot(int64_t pid, int64_t slot, struct cap_info *info) {
    int64_t result = -ESRCH;
    spinlock_acquire(&process_tree_lock);
    struct process *process = process_find_locked(pid);
    if (process) result = cap_space_stat(&process->capabilities, slot, info);
    spinlock_release(&process_tree_lock);
    return result;
}
