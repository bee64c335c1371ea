// SPDX-License-Identifier: MIT
// System calls on semaphores, mutexes, condition variables, barriers, reader-writer locks, message
// queues and timers. The gate has pinned the objects; here arguments are checked, and new objects
// get their slots.

#include "abi/errno.h"
#include "ipc/ipc.h"
#include "mem/uaccess.h"
#include "proc/process.h"
#include "sys/handlers.h"

// Puts a new object, or none for want of memory, into the lowest free slot.
static int64_t mint(struct object *object) {
    if (!object) return -ENOMEM;
    int slot = cap_space_mint(&process_current()->capabilities, object,
                              CAP_READ | CAP_WRITE | CAP_GRANT, 0);
    if (slot < 0) object_put(object);
    return slot;
}

// ---- Semaphores and barriers -------------------------------------------------------------------

int64_t sys_semaphore_create(struct syscall *call) {
    uint64_t value = call->argument[0], maximum = call->argument[1];
    if (maximum == 0 || maximum > SEMAPHORE_VALUE_MAX || value > maximum) return -EINVAL;
    return mint(semaphore_create((uint32_t)value, (uint32_t)maximum));
}

int64_t sys_semaphore_wait(struct syscall *call) {
    uint64_t deadline;
    int error = ipc_deadline((int64_t)call->argument[1], &deadline);
    return error ? error : semaphore_wait(&call->pin[0], deadline);
}

int64_t sys_semaphore_post(struct syscall *call) { return semaphore_post(&call->pin[0]); }

int64_t sys_barrier_create(struct syscall *call) {
    uint64_t count = call->argument[0];
    if (count == 0 || count > BARRIER_COUNT_MAX) return -EINVAL;
    return mint(barrier_create((uint32_t)count));
}

int64_t sys_barrier_wait(struct syscall *call) {
    uint64_t deadline;
    int error = ipc_deadline((int64_t)call->argument[1], &deadline);
    return error ? error : barrier_wait(&call->pin[0], deadline);
}

// ---- Mutexes and condition variables -----------------------------------------------------------

// What has been taken, as the result says, is given back if no slot is left to unlock it through:
// another thread has closed that while this one waited.
static inline int64_t keep(const struct syscall *call, int64_t result) {
    if (result != 0 && result != -EOWNERDEAD) return result;
    bool keeps = cap_space_keeps(&process_current()->capabilities, (int64_t)call->argument[0],
                                 call->pin[0].object);
    return keeps ? result : -EBADF;
}

int64_t sys_mutex_create(struct syscall *call) {
    (void)call;
    return mint(mutex_create());
}

int64_t sys_mutex_lock(struct syscall *call) {
    uint64_t deadline;
    int error = ipc_deadline((int64_t)call->argument[1], &deadline);
    if (error) return error;
    return keep(call, mutex_lock(&call->pin[0], deadline));
}

int64_t sys_mutex_unlock(struct syscall *call) { return mutex_unlock(&call->pin[0]); }

int64_t sys_condition_create(struct syscall *call) {
    (void)call;
    return mint(condition_create());
}

int64_t sys_condition_wait(struct syscall *call) {
    uint64_t deadline;
    int error = ipc_deadline((int64_t)call->argument[2], &deadline);
    if (error) return error;
    int64_t result = condition_wait(&call->pin[0], &call->pin[1], deadline);
    bool keeps = cap_space_keeps(&process_current()->capabilities, (int64_t)call->argument[1],
                                 call->pin[1].object);
    return keeps ? result : -EBADF;
}

int64_t sys_condition_wake(struct syscall *call) {
    return condition_wake(&call->pin[0], call->argument[1]);
}

// ---- Reader-writer locks -----------------------------------------------------------------------

int64_t sys_rwlock_create(struct syscall *call) {
    (void)call;
    return mint(rwlock_create());
}

static int64_t lock_rwlock(struct syscall *call, bool to_write) {
    uint64_t deadline;
    int error = ipc_deadline((int64_t)call->argument[1], &deadline);
    if (error) return error;
    return keep(call, rwlock_lock(&call->pin[0], process_current()->pid, to_write, deadline));
}

int64_t sys_rwlock_read(struct syscall *call) { return lock_rwlock(call, false); }

int64_t sys_rwlock_write(struct syscall *call) { return lock_rwlock(call, true); }

int64_t sys_rwlock_unlock(struct syscall *call) { return rwlock_unlock(&call->pin[0]); }

// ---- Message queues ----------------------------------------------------------------------------

int64_t sys_queue_create(struct syscall *call) {
    uint64_t messages = call->argument[0], size = call->argument[1];
    if (messages == 0 || messages > QUEUE_MESSAGES_MAX) return -EINVAL;
    if (size == 0 || size > QUEUE_SIZE_MAX) return -EINVAL;
    return mint(queue_create((uint32_t)messages, (uint32_t)size));
}

int64_t sys_queue_send(struct syscall *call) {
    const uint64_t *argument = call->argument;
    uint64_t deadline;
    int error = ipc_deadline((int64_t)argument[4], &deadline);
    if (argument[3] >= QUEUE_PRIORITIES) error = -EINVAL;
    if (error) return error;
    return queue_send(&call->pin[0], argument[1], argument[2], (uint32_t)argument[3], deadline);
}

int64_t sys_queue_receive(struct syscall *call) {
    const uint64_t *argument = call->argument;
    uint64_t deadline;
    int error = ipc_deadline((int64_t)argument[4], &deadline);
    if (error) return error;
    return queue_receive(&call->pin[0], argument[1], argument[2], argument[3], deadline);
}

// ---- Timers ------------------------------------------------------------------------------------

int64_t sys_timer_create(struct syscall *call) {
    (void)call;
    return mint(timer_new());
}

int64_t sys_timer_settime(struct syscall *call) {
    int64_t first = (int64_t)call->argument[1], interval = (int64_t)call->argument[2];
    uint64_t flags = call->argument[3];
    if (first < 0 || interval < 0 || (flags & ~(uint64_t)TIMER_ABSOLUTE)) return -EINVAL;
    uint64_t start = first != 0 && !(flags & TIMER_ABSOLUTE) ? clock_now() : 0;
    return timer_set(&call->pin[0], start + (uint64_t)first, (uint64_t)interval);
}

int64_t sys_timer_gettime(struct syscall *call) {
    struct timer_state state;
    int64_t error = timer_get(&call->pin[0], &state);
    return error ? error : copy_to_user(call->argument[1], &state, sizeof(state));
}

int64_t sys_timer_wait(struct syscall *call) {
    uint64_t deadline;
    int error = ipc_deadline((int64_t)call->argument[1], &deadline);
    return error ? error : timer_wait(&call->pin[0], deadline);
}
