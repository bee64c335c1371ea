// SPDX-License-Identifier: MIT
// User threads and the calls on them. A process's threads are told to end by whoever ends it, each
// leaves by itself, and the last one gives back what the process has. The process-tree lock guards
// which threads a process has, and their results.

#include "abi/errno.h"
#include "cap/account.h"
#include "cap/pin.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"
#include "mem/uaccess.h"
#include "proc/tree.h"

// Charged as long as the object is there, though the thread may be dead.
#define STACK_PAGES (KERNEL_STACK_SIZE / PAGE_SIZE)

static struct object_cache thread_cache;

// ---- The object --------------------------------------------------------------------------------

static void thread_object_destroy(struct object *object) {
    struct user_thread *user = user_thread_of(object);
    if (user->thread.stack_top) thread_destroy(&user->thread);
    account_release_kernel_pages(object->account, STACK_PAGES);
    object_free(object);
}

static void thread_object_describe(const struct object *object, char *name, size_t size) {
    const struct user_thread *user = container_of(object, struct user_thread, object);
    format_string(name, size, "thread %s", user->thread.name);
}

static const struct object_type thread_type = {
    .name = "thread",
    .cache = &thread_cache,
    .code = CAP_TYPE_THREAD,
    .rights = CAP_READ | CAP_WRITE,
    .destroy = thread_object_destroy,
    .describe = thread_object_describe,
};

void user_thread_init(void) {
    object_cache_init(&thread_cache, "thread", sizeof(struct user_thread));
    object_type_register(&thread_type);
}

// ---- Beginning ---------------------------------------------------------------------------------

// A thread that is switched out for good no longer needs its stack and no longer holds itself; its
// handles may live on. Whoever waits for it, or for its process, is told when all that is given
// back.
static void thread_is_dead(struct thread *thread) {
    struct user_thread *user = thread->owner;
    struct process *process = user->process; // NULL, unless it was the last one
    thread_destroy(thread);
    spinlock_acquire(&process_tree_lock);
    user->is_dead = true;
    wait_queue_wake_all(&user->joiners);
    // Under the lock, so that who joined it finds that it no longer holds itself.
    bool is_last = object_put_is_last(&user->object);
    spinlock_release(&process_tree_lock);
    if (is_last) object_destroy(&user->object);
    if (process) process_become_zombie(process);
}

static void enter_user(void *argument) {
    struct thread *thread = argument;
    arch_interrupts_off(); // until the machine turns them on together with user mode
    arch_user_enter(arch_frame_of_stack(thread->stack_top));
}

// A thread, not yet started, and its handle: a slot that holds it, besides itself.
static int make_thread(struct process *process, uint8_t priority, struct user_thread **made) {
    if (!account_charge_kernel_pages(process->account, STACK_PAGES)) return -ENOMEM;
    struct object *object = object_create(&thread_type, process->account);
    if (!object) {
        account_release_kernel_pages(process->account, STACK_PAGES);
        return -ENOMEM;
    }
    struct user_thread *user = user_thread_of(object);
    if (thread_init(&user->thread, process->name, enter_user, &user->thread, priority)) {
        object_put(&user->object);
        return -ENOMEM;
    }
    user->process = process;
    user->thread.account = process->account;
    user->thread.pid = process->pid;
    wait_queue_init(&user->joiners);
    user->thread.owner = user;
    user->thread.on_dead = thread_is_dead;
    user->thread.header.space = process->space;
    object_get(&user->object); // the slot's; the first is the running thread's own
    user->handle =
        cap_space_mint_reserved(&process->capabilities, &user->object, CAP_READ | CAP_WRITE);
    if (user->handle < 0) { // too many threads, or forks without end have retired every slot
        int error = (int)user->handle;
        object_put(&user->object);
        object_put(&user->object);
        return error;
    }
    *made = user;
    return 0;
}

static void attach_locked(struct process *process, struct user_thread *user) {
    list_push_back(&process->threads, &user->sibling);
    process->thread_count++;
}

int process_add_thread(struct process *process) {
    struct user_thread *user;
    int error = make_thread(process, process->priority, &user);
    if (!error) attach_locked(process, user); // nobody else knows the process yet
    return error;
}

struct trap_frame *process_frame(struct process *process) {
    return arch_frame_of_stack(process_first_thread(process)->thread.stack_top);
}

int64_t process_create_thread(uint64_t entry, uint64_t stack, uint64_t argument) {
    struct process *process = process_current();
    struct user_thread *user;
    if (!user_range_is_valid(entry, 1) || !user_range_is_valid(stack, 0)) return -EFAULT;
    int error = make_thread(process, thread_current()->own_priority, &user);
    if (error) return error;
    cap_token handle = user->handle;
    arch_frame_init(arch_frame_of_stack(user->thread.stack_top), entry, stack, argument, 0);
    spinlock_acquire(&process_tree_lock);
    bool may_start = !thread_current()->killed; // else the threads have been told to end
    if (may_start) {
        attach_locked(process, user);
        thread_start(&user->thread);
    }
    spinlock_release(&process_tree_lock);
    if (may_start) return handle;
    cap_space_drop(&process->capabilities, handle);
    object_put(&user->object);
    return -EINTR;
}

// ---- Ending ------------------------------------------------------------------------------------

void process_end_locked(struct process *process, int32_t status) {
    if (process->state != PROCESS_ALIVE || process->is_ending) return;
    process->is_ending = true;
    process->exit_status = status;
    list_for_each(node, &process->threads)
        thread_kill(&container_of(node, struct user_thread, sibling)->thread);
}

// True if it is the last one, which stays until the process has given back everything.
static bool leave_locked(struct process *process, struct user_thread *user) {
    if (process->thread_count == 1) {
        process_end_locked(process, 0);
        return true;
    }
    process->thread_count--;
    process->run_time += user->thread.run_time;
    list_remove(&user->sibling);
    user->process = NULL;
    wait_queue_wake_all(&process->thread_ended);
    return false;
}

void user_thread_end(uint64_t result) {
    struct user_thread *user = thread_current()->owner;
    struct process *process = user->process;
    address_space_activate(NULL); // the last one may free it before this one is switched out
    if (user->thread.mutexes_held + user->thread.rwlocks_held > 0)
        cap_space_abandon(&process->capabilities, &user->thread);
    spinlock_acquire(&process_tree_lock);
    user->result = result;
    bool is_last = leave_locked(process, user);
    spinlock_release(&process_tree_lock);
    if (is_last) process_finish(process);
    thread_exit();
}

int process_end_other_threads(void) {
    struct process *process = process_current();
    struct user_thread *self = thread_current()->owner;
    int error = 0;
    spinlock_acquire(&process_tree_lock);
    if (self->thread.killed) error = -EINTR; // another thread was first
    list_for_each(node, &process->threads) {
        struct user_thread *user = container_of(node, struct user_thread, sibling);
        if (!error && user != self) thread_kill(&user->thread);
    }
    while (!error && process->thread_count > 1)
        if (wait_queue_sleep(&process->thread_ended, &process_tree_lock, NULL, TIMEOUT_NEVER) ==
            WAKE_KILLED)
            error = -EINTR;
    spinlock_release(&process_tree_lock);
    return error;
}

// ---- Join --------------------------------------------------------------------------------------

static int wait_for_end(struct user_thread *user, uint64_t deadline) {
    int error = 0;
    spinlock_acquire(&process_tree_lock);
    while (!error && !user->is_dead) {
        if (deadline == 0) {
            error = -ETIMEDOUT;
            break;
        }
        switch (wait_queue_sleep(&user->joiners, &process_tree_lock, NULL, deadline)) {
        case WAKE_KILLED: error = -EINTR; break;
        case WAKE_TIMEOUT: error = -ETIMEDOUT; break;
        default: break;
        }
    }
    spinlock_release(&process_tree_lock);
    return error;
}

int64_t process_join_thread(cap_token handle, uint64_t user_result, int64_t timeout) {
    struct cap_space *capabilities = &process_current()->capabilities;
    struct cap_ref ref;
    uint64_t deadline;
    int error = cap_space_pin_token(capabilities, handle, CAP_TYPE_THREAD, CAP_READ, &ref);
    if (error) return error;
    struct user_thread *user = user_thread_of(ref.object);
    if (&user->thread == thread_current()) error = -EDEADLK;
    if (!error) error = ipc_deadline(timeout, &deadline);
    if (!error && user_result) error = user_prepare_write(user_result, sizeof(user->result));
    if (!error) error = wait_for_end(user, deadline);
    // Of several that wait for one thread, one gets the result.
    if (!error) error = cap_space_drop(capabilities, handle);
    if (!error && user_result)
        error = copy_to_user(user_result, &user->result, sizeof(user->result));
    cap_ref_release(&ref);
    return error;
}

int64_t process_own_thread(void) {
    const struct user_thread *user = thread_current()->owner;
    struct cap_ref ref;
    int error =
        cap_space_pin_token(&user->process->capabilities, user->handle, CAP_TYPE_THREAD, 0, &ref);
    if (error) return error;
    cap_ref_release(&ref);
    return user->handle;
}
