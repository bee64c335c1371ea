// SPDX-License-Identifier: MIT
// Making, publishing and freeing processes, and finding them by number. process_tree_lock guards
// the table and the tree. A number's slot in the table is its remainder, so a look-up is one step,
// and numbers grow, so that one is reused only after the counter has gone round.

#include "proc/tree.h"
#include "abi/errno.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"

#define PID_MAX 0x3fffffff

struct spinlock process_tree_lock = SPINLOCK_INIT(LOCK_PROCESS_TREE);
static struct process *table[PROCESSES_MAX];
static uint32_t process_total;
static int32_t last_pid;
static const uint8_t *first_allowed; // system calls of the first process
static struct object_cache process_cache;
static struct object_cache thread_cache;

// ---- Threads -----------------------------------------------------------------------------------

static void thread_object_destroy(struct object *object) {
    struct user_thread *thread = container_of(object, struct user_thread, object);
    if (thread->thread.stack_top) thread_destroy(&thread->thread);
    object_cache_free(&thread_cache, thread);
}

static void thread_object_describe(const struct object *object, char *name, size_t size) {
    const struct user_thread *thread = container_of(object, struct user_thread, object);
    format_string(name, size, "thread %s", thread->thread.name);
}

static const struct object_type thread_type = {
    .name = "thread",
    .code = CAP_TYPE_THREAD,
    .rights = CAP_READ | CAP_WRITE,
    .destroy = thread_object_destroy,
    .describe = thread_object_describe,
};

// A thread that is switched out for good no longer needs its stack and no longer holds itself; its
// handles may live on.
static void thread_is_dead(struct thread *thread) {
    struct user_thread *user = thread->owner;
    thread_destroy(thread);
    object_put(&user->object);
}

static void enter_user(void *argument) {
    struct thread *thread = argument;
    arch_interrupts_off(); // until the machine turns them on together with user mode
    arch_user_enter(arch_frame_of_stack(thread->stack_top));
}

int process_add_thread(struct process *process) {
    struct user_thread *user = object_cache_alloc(&thread_cache);
    if (!user) return -ENOMEM;
    object_init(&user->object, &thread_type);
    if (thread_init(&user->thread, process->name, enter_user, &user->thread, process->priority)) {
        object_put(&user->object);
        return -ENOMEM;
    }
    user->process = process;
    user->thread.owner = user;
    user->thread.on_dead = thread_is_dead;
    user->thread.header.space = process->space;
    object_get(&user->object); // the slot's; the first is the running thread's own
    int64_t token =
        cap_space_mint_reserved(&process->capabilities, &user->object, CAP_READ | CAP_WRITE);
    if (token < 0) { // forks without end have retired every reserved slot
        object_put(&user->object);
        object_put(&user->object);
        return (int)token;
    }
    process->main_thread = user;
    process->thread_slot = (uint8_t)cap_token_slot(token);
    return 0;
}

struct trap_frame *process_frame(struct process *process) {
    return arch_frame_of_stack(process->main_thread->thread.stack_top);
}

// ---- The table ---------------------------------------------------------------------------------

void process_init(const uint8_t initial_calls[SYSCALL_MAX]) {
    object_cache_init(&process_cache, "process", sizeof(struct process));
    object_cache_init(&thread_cache, "thread", sizeof(struct user_thread));
    object_type_register(&thread_type);
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
        process_total++;
        result = 0;
    }
    spinlock_release(&process_tree_lock);
    return result;
}

static void give_number_locked(struct process *process) {
    table[process->pid % PROCESSES_MAX] = NULL;
    process_total--;
}

struct process *process_create(int *error) {
    struct process *process = object_cache_alloc(&process_cache);
    *error = -ENOMEM;
    if (!process) return NULL;
    list_init(&process->children);
    list_init(&process->sibling);
    wait_queue_init(&process->child_ended);
    memcpy(process->syscalls_allowed, first_allowed, SYSCALL_MAX);
    process->priority = PRIORITY_DEFAULT;
    process->priority_max = PRIORITY_HIGHEST;
    *error = cap_space_init(&process->capabilities, 0);
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
    object_cache_free(&process_cache, process);
}

void process_abandon(struct process *process) {
    cap_space_close(&process->capabilities);
    if (process->main_thread) object_put(&process->main_thread->object);
    if (process->space) address_space_destroy(process->space);
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
    process->parent = parent ? parent : process; // the first is its own
    process->state = PROCESS_ALIVE;
    if (parent) {
        process->group = parent->group;
        list_push_back(&parent->children, &process->sibling);
    }
    // Started under the lock: nobody can find it, kill it and wait for it before it is runnable.
    thread_start(&process->main_thread->thread);
    spinlock_release(&process_tree_lock);
    return pid;
}

struct process *process_at_locked(uint32_t slot) {
    return table[slot] && table[slot]->state ? table[slot] : NULL;
}

struct process *process_at_any_state_locked(uint32_t slot) {
    return table[slot];
}

struct process *process_find_locked(int64_t pid) {
    if (pid <= 0 || pid > PID_MAX) return NULL;
    struct process *process = process_at_locked((uint32_t)pid % PROCESSES_MAX);
    return process && process->pid == pid ? process : NULL;
}

uint32_t process_count(void) { return __atomic_load_n(&process_total, __ATOMIC_RELAXED); }
