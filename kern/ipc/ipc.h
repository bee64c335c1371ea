// SPDX-License-Identifier: MIT
// Objects for processes that work together: semaphores, mutexes, condition variables, barriers,
// timers, message queues. Each has one spin lock, which guards all of it; every operation asks
// whether its capability is still live each time it has acquired that lock, and a wake-up is passed
// on by whoever gets it and has no use for it.
#pragma once

#include "abi/errno.h"
#include "abi/ipc.h"
#include "cap/cap_space.h"
#include "sched/wait_queue.h"

void ipc_init(void);

// How each object begins.
struct ipc_object {
    struct object object;
    struct spinlock lock;
};

// An object of a type of this room, charged to the current thread's account, or NULL.
struct object *ipc_create(const struct object_type *type);

// For object types: what has the lock when it is called has ended when it returns.
void ipc_settle(struct object *object);

// A timeout of the ABI as a moment of the clock: 0 do not wait, TIMEOUT_NEVER; or -EINVAL.
static inline int ipc_deadline(int64_t timeout, uint64_t *deadline) {
    if (timeout < TIMEOUT_FOREVER) return -EINVAL;
    if (timeout == TIMEOUT_FOREVER)
        *deadline = TIMEOUT_NEVER;
    else
        *deadline = timeout == TIMEOUT_TRY ? 0 : clock_now() + (uint64_t)timeout;
    return 0;
}

// Sleeps, with the object's lock released meanwhile: 0, then the caller looks again; -ETIMEDOUT,
// also at once if the deadline is 0; -EINTR; -EBADF.
int ipc_sleep(struct ipc_object *object, struct wait_queue *queue, const struct cap_ref *ref,
              uint64_t deadline);

// Constructors return an object with one reference, or NULL when memory is out. The arguments have
// been checked. The other functions return what the call does, and take its pin.

struct object *semaphore_create(uint32_t value, uint32_t maximum);
int64_t semaphore_wait(const struct cap_ref *ref, uint64_t deadline);
int64_t semaphore_post(const struct cap_ref *ref);

struct object *barrier_create(uint32_t count);
int64_t barrier_wait(const struct cap_ref *ref, uint64_t deadline);

struct object *mutex_create(void);
int64_t mutex_lock(const struct cap_ref *ref, uint64_t deadline);
int64_t mutex_unlock(const struct cap_ref *ref);

struct object *condition_create(void);
int64_t condition_wait(const struct cap_ref *ref, const struct cap_ref *mutex, uint64_t deadline);
int64_t condition_wake(const struct cap_ref *ref, uint64_t count);

struct object *rwlock_create(void);
int64_t rwlock_lock(const struct cap_ref *ref, int32_t pid, bool to_write, uint64_t deadline);
int64_t rwlock_unlock(const struct cap_ref *ref);

struct object *queue_create(uint32_t messages, uint32_t size);
int64_t queue_send(const struct cap_ref *ref, uint64_t buffer, uint64_t size, uint32_t priority,
                   uint64_t deadline);
int64_t queue_receive(const struct cap_ref *ref, uint64_t buffer, uint64_t size,
                      uint64_t user_priority, uint64_t deadline);

struct object *timer_new(void);
int64_t timer_set(const struct cap_ref *ref, uint64_t first, uint64_t interval);
int64_t timer_get(const struct cap_ref *ref, struct timer_state *state);
int64_t timer_wait(const struct cap_ref *ref, uint64_t deadline);

// Called by ipc_init().
void semaphore_init(void);
void barrier_init(void);
void mutex_init(void);
void condition_init(void);
void rwlock_init(void);
void queue_init(void);
void timer_init(void);
