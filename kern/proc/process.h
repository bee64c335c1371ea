// SPDX-License-Identifier: MIT
// Processes. The process-tree lock guards parents, children, the pid table, groups and states; the
// rest belongs to the process's own thread.
#pragma once

#include "abi/process.h"
#include "abi/syscall.h"
#include "cap/account.h"
#include "cap/cap_space.h"
#include "mem/address_space.h"
#include "sched/wait_queue.h"

#define PROCESSES_MAX 512

struct process;

// The kernel thread under one user thread, and the object that a THREAD handle names. While it
// runs it holds itself.
struct user_thread {
    struct object object;
    struct thread thread;
    struct process *process; // NULL when it has ended
    struct list sibling;     // on the process's threads
    cap_token handle;        // in the process's table, which may have dropped it
    uint64_t result;         // when it is dead
    bool is_dead;
    struct wait_queue joiners;
};

struct process {
    int32_t pid;
    int32_t group;
    uint32_t state;      // 0 while it is built, then enum process_state
    bool is_ending;      // its threads have been told to end
    int32_t exit_status; // when it is ending
    struct process *parent;
    struct list children;
    struct list sibling; // on the parent's children
    struct wait_queue child_ended;
    struct list threads; // empty for a zombie
    uint32_t thread_count;
    uint64_t run_time;              // of threads that have ended, nanoseconds
    struct wait_queue thread_ended; // where exec waits to be alone
    struct account *account;
    struct inode *directory; // where its relative paths begin, a reference; NULL: the root
    struct address_space *space;
    struct cap_space capabilities;
    uint64_t syscalls_denied; // refused calls
    // 1 or 0 for each number; narrowing only. Aligned, because each new process copies it.
    uint8_t syscalls_allowed[SYSCALL_MAX] __attribute__((aligned(8)));
    uint32_t syscall_denied_last; // the number of the last refused call
    uint8_t priority;             // that its thread begins with
    uint8_t priority_max;         // that it may have
    char name[PROCESS_NAME_MAX];
};

static inline struct user_thread *user_thread_of(struct object *object) {
    return container_of(object, struct user_thread, object);
}

static inline struct process *process_current(void) {
    return ((struct user_thread *)thread_current()->owner)->process;
}

// At boot. The first process may make the calls for which `initial_calls` has 1.
void process_init(const uint8_t initial_calls[SYSCALL_MAX]);

// Makes and starts the first process: `path` with `path` and, if not NULL, `argument` as its
// arguments. -ERRNO if that is not possible.
int process_start_first(const char *path, const char *argument);

// ---- The calls; errors as in the manual --------------------------------------------------------

struct argument_block;

int64_t process_fork(const struct trap_frame *frame);
int64_t process_exec(const char *path, struct argument_block *arguments, struct trap_frame *frame);
int64_t process_spawn(const char *path, struct argument_block *arguments,
                      const struct spawn_action *actions, uint32_t action_count,
                      const struct spawn_attributes *attributes);
_Noreturn void process_exit(int32_t status);
int64_t process_wait(int64_t pid, uint64_t user_status, int64_t flags);
int64_t process_kill(int64_t pid, int32_t status);
int process_change_directory(const char *path);
int64_t process_set_group(int64_t pid, int64_t group);
int64_t process_info(int64_t pid, struct process_info *info);
int64_t process_account_info(int64_t pid, struct account_info *info);
bool process_recount(struct account_difference *difference);
int64_t process_inspect_slot(int64_t pid, int64_t slot, struct cap_info *info);
int64_t process_transfer(cap_token token, int64_t pid, uint64_t rights, uint64_t user_slot);
int64_t process_revoke(cap_token token);
void process_revoke_all(void); // every grant whose handle the process holds: at exit and exec
void process_deny_calls(struct process *process, const uint64_t denied[SYSCALL_WORDS]);
int process_check_attributes(const struct spawn_attributes *attributes);
int64_t process_set_priority(int64_t handle, int64_t priority);
int64_t process_get_priority(int64_t handle);

// ---- Threads -----------------------------------------------------------------------------------

int64_t process_create_thread(uint64_t entry, uint64_t stack, uint64_t argument);
int64_t process_join_thread(cap_token handle, uint64_t user_result, int64_t timeout);
int64_t process_own_thread(void);

// Ends the calling thread, and with the last one its process.
_Noreturn void user_thread_end(uint64_t result);

int32_t process_parent_pid(void);
uint32_t process_count(void);

// Ends every process of a group; any context. How many there were.
int process_kill_group(int32_t group, int32_t status);
