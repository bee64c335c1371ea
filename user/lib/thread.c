// SPDX-License-Identifier: MIT
// Threads: the library's forms of the calls, and the stacks. A stack is freed when its thread has
// been waited for; those of detached threads when the next one is made.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <syscalls.h>
#include <thread.h>
#include "lock.h"
#include "result.h"

// In the lowest bytes of each stack.
struct stack {
    uint64_t (*function)(void *);
    void *argument;
    cap_token handle;
    bool is_detached;
};

static struct stack *stacks[CAP_SLOTS_RESERVED]; // under the lock
static library_lock lock;

void thread_start(void); // in start.S; calls __libc_thread()
_Noreturn void __libc_thread(struct stack *stack);

void __libc_thread(struct stack *stack) { sys_thread_exit(stack->function(stack->argument)); }

// ---- Stacks ------------------------------------------------------------------------------------

static struct stack **place_of_locked(cap_token handle) {
    for (size_t i = 0; i < CAP_SLOTS_RESERVED; i++)
        if (stacks[i] && stacks[i]->handle == handle) return &stacks[i];
    return NULL;
}

static void forget_locked(struct stack **place) {
    free(*place);
    *place = NULL;
}

// Frees what detached threads that have ended leave behind.
static void reap_detached_locked(void) {
    for (size_t i = 0; i < CAP_SLOTS_RESERVED; i++)
        if (stacks[i] && stacks[i]->is_detached &&
            sys_thread_join(stacks[i]->handle, NULL, TIMEOUT_TRY) == 0)
            forget_locked(&stacks[i]);
}

// ---- The calls ---------------------------------------------------------------------------------

// The thread begins while the lock is held: nobody looks for its handle before it is written.
static int64_t create_locked(struct stack *stack) {
    size_t i = 0;
    reap_detached_locked();
    while (i < CAP_SLOTS_RESERVED && stacks[i]) i++;
    if (i == CAP_SLOTS_RESERVED) return -EMFILE;
    uint64_t top = ((uint64_t)stack + THREAD_STACK_SIZE) & ~UINT64_C(15);
    stack->handle = sys_thread_create((uint64_t)thread_start, top, (uint64_t)stack);
    if (stack->handle > 0) stacks[i] = stack;
    return stack->handle;
}

cap_token thread_create(uint64_t (*function)(void *argument), void *argument) {
    struct stack *stack = malloc(THREAD_STACK_SIZE);
    if (stack == NULL) return -1;
    *stack = (struct stack){.function = function, .argument = argument};
    library_lock_acquire(&lock);
    int64_t handle = create_locked(stack);
    library_lock_release(&lock);
    if (handle < 0) free(stack);
    return result_or_errno(handle);
}

void thread_exit(uint64_t result) { sys_thread_exit(result); }

int thread_timedjoin(cap_token thread, uint64_t *result, int64_t timeout) {
    int64_t error = sys_thread_join(thread, result, timeout);
    if (error == 0) {
        library_lock_acquire(&lock);
        struct stack **place = place_of_locked(thread);
        if (place) forget_locked(place);
        library_lock_release(&lock);
    }
    return (int)result_or_errno(error);
}

int thread_join(cap_token thread, uint64_t *result) {
    return thread_timedjoin(thread, result, TIMEOUT_FOREVER);
}

int thread_detach(cap_token thread) {
    library_lock_acquire(&lock);
    struct stack **place = place_of_locked(thread);
    if (place) (*place)->is_detached = true;
    library_lock_release(&lock);
    return (int)result_or_errno(place ? 0 : -EBADF);
}

cap_token thread_self(void) { return result_or_errno(sys_thread_self()); }

int thread_setschedparam(cap_token thread, int priority) {
    return (int)result_or_errno(sys_thread_setschedparam(thread, priority));
}

int thread_getschedparam(cap_token thread) {
    return (int)result_or_errno(sys_thread_getschedparam(thread));
}
