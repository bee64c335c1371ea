// SPDX-License-Identifier: MIT
// Making, publishing and freeing processes, and finding them by number. process_tree_lock guards
// the table and the tree. A number's slot in the table is its remainder, so a look-up is one step,
// and numbers grow, so that one is reused only after the counter has gone round.

#include "proc/tree.h"
#include "abi/errno.h"
#include "lib/bitmap.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"

#define PID_MAX 0x3fffffff

struct spinlock process_tree_lock = SPINLOCK_INIT(LOCK_PROCESS_TREE);
static struct process *table[PROCESSES_MAX];
static uint64_t used[BITMAP_WORDS(PROCESSES_MAX)]; // a bit for each slot of the table
static uint32_t process_total;
static int32_t last_pid;
static const uint8_t *first_allowed; // system calls of the first process
static struct object_cache process_cache;

// ---- The table ---------------------------------------------------------------------------------

void process_init(const uint8_t initial_calls[SYSCALL_MAX]) {
    object_cache_init(&process_cache, "process", sizeof(struct process));
    user_thread_init();
    process_directory_init();
    first_allowed = initial_calls;
}

// Finds a number whose slot is free. There is one: the caller has checked the count.
static int32_t next_pid_locked(void) {
    do {
        last_pid = last_pid == PID_MAX ? 1 : last_pid + 1;
    } while (table[last_pid % PROCESSES_MAX]);
    return last_pid;
}

static int take_number(struct process *process) {
    int result = -EAGAIN;
    spinlock_acquire(&process_tree_lock);
    if (process_total < PROCESSES_MAX) {
        process->pid = next_pid_locked();
        process->capabilities.pid = process->pid;
        table[process->pid % PROCESSES_MAX] = process;
        bitmap_set(used, (uint32_t)process->pid % PROCESSES_MAX);
        process_total++;
        result = 0;
    }
    spinlock_release(&process_tree_lock);
    return result;
}

static void give_number_locked(struct process *process) {
    table[process->pid % PROCESSES_MAX] = NULL;
    bitmap_clear(used, (uint32_t)process->pid % PROCESSES_MAX);
    process_total--;
}

// Charges the account for a process and the page of its table, which will be charged for slots.
static int take_account(struct process *process, struct account *account) {
    if (!account_charge(account, ACCOUNT_PROCESSES, 1)) return -EAGAIN;
    if (!account_charge_kernel_pages(account, 1)) {
        account_release(account, ACCOUNT_PROCESSES, 1);
        return -ENOMEM;
    }
    account_get(account);
    process->account = account;
    process->capabilities.account = account;
    return 0;
}

struct process *process_create(struct account *account, int *error) {
    struct process *process = object_cache_alloc(&process_cache);
    *error = -ENOMEM;
    if (!process) return NULL;
    list_init(&process->children);
    list_init(&process->sibling);
    list_init(&process->threads);
    wait_queue_init(&process->thread_ended);
    wait_queue_init(&process->child_ended);
    memcpy(process->syscalls_allowed, first_allowed, SYSCALL_MAX);
    process->priority = PRIORITY_DEFAULT;
    process->priority_max = PRIORITY_HIGHEST;
    *error = cap_space_init(&process->capabilities, 0);
    if (*error == 0) *error = take_account(process, account);
    if (*error == 0) *error = take_number(process);
    if (*error) {
        process_free(process);
        return NULL;
    }
    process->group = process->pid;
    return process;
}

void process_free(struct process *process) {
    if (process->capabilities.slots) cap_space_destroy(&process->capabilities);
    if (process->account) {
        account_release_kernel_pages(process->account, 1);
        account_release(process->account, ACCOUNT_PROCESSES, 1);
        account_put(process->account);
    }
    object_cache_free(&process_cache, process);
}

void process_abandon(struct process *process) {
    process_leave_directory(process);
    cap_space_close(&process->capabilities);
    if (process->thread_count > 0) object_put(&process_first_thread(process)->object);
    struct address_space *space = process_replace_space(process, NULL); // a recount may look
    if (space) address_space_destroy(space);
    spinlock_acquire(&process_tree_lock);
    give_number_locked(process);
    spinlock_release(&process_tree_lock);
    process_free(process);
}

void process_unlink_locked(struct process *process) {
    list_remove(&process->sibling);
    give_number_locked(process);
}

int32_t process_publish(struct process *process, struct process *parent) {
    int32_t pid = process->pid;
    spinlock_acquire(&process_tree_lock);
    if (parent && parent->is_ending) {
        spinlock_release(&process_tree_lock);
        return -EINTR;
    }
    process->parent = parent ? parent : process; // the first is its own
    process->state = PROCESS_ALIVE;
    if (parent) {
        process->group = parent->group;
        list_push_back(&parent->children, &process->sibling);
    }
    // Started under the lock: nobody can find it, kill it and wait for it before it is runnable.
    thread_start(&process_first_thread(process)->thread);
    spinlock_release(&process_tree_lock);
    return pid;
}

struct process *process_at_locked(uint32_t slot) {
    return table[slot] && table[slot]->state ? table[slot] : NULL;
}

struct process *process_at_any_state_locked(uint32_t slot) {
    return table[slot];
}

struct process *process_next_at_any_state_locked(uint32_t *slot) {
    int next = bitmap_next(used, PROCESSES_MAX, *slot);
    *slot = next >= 0 ? (uint32_t)next : PROCESSES_MAX;
    return next >= 0 ? table[next] : NULL;
}

struct process *process_find_locked(int64_t pid) {
    if (pid <= 0 || pid > PID_MAX) return NULL;
    struct process *process = process_at_locked((uint32_t)pid % PROCESSES_MAX);
    return process && process->pid == pid ? process : NULL;
}

uint32_t process_count(void) { return __atomic_load_n(&process_total, __ATOMIC_RELAXED); }
