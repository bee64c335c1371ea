// SPDX-License-Identifier: MIT
// Condition variables. A wake-up raises the sequence number; a waiter notes it while it still has
// the mutex, so it cannot miss one that comes before it sleeps. Waking may be spurious, as POSIX
// allows.

#include "abi/errno.h"
#include "ipc/mutex.h"
#include "lib/print.h"
#include "mem/object_cache.h"

struct condition {
    struct ipc_object ipc;
    uint64_t sequence;
    struct wait_queue waiters;
};

static struct object_cache cache;

static struct condition *condition_of(const struct object *object) {
    return container_of(object, struct condition, ipc.object);
}

static void condition_describe(const struct object *object, char *name, size_t size) {
    (void)object;
    format_string(name, size, "condition variable");
}

static const struct object_type type = {
    .name = "condition",
    .cache = &cache,
    .code = CAP_TYPE_CONDITION,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = object_free,
    .settle = ipc_settle,
    .describe = condition_describe,
};

void condition_init(void) {
    object_cache_init(&cache, "condition", sizeof(struct condition));
    object_type_register(&type);
}

struct object *condition_create(void) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct condition *condition = condition_of(object);
    wait_queue_init(&condition->waiters);
    return object;
}

// The wake-up that the caller got is the next one's.
static void pass_on(struct condition *condition) {
    spinlock_acquire(&condition->ipc.lock);
    wait_queue_wake_one(&condition->waiters);
    spinlock_release(&condition->ipc.lock);
}

// The revocation of either capability ends the sleep. *woken: whether a wake-up did.
static int64_t sleep_without_mutex(struct condition *condition, const struct cap_ref *ref,
                                   const struct cap_ref *mutex, uint64_t sequence,
                                   uint64_t deadline, bool *woken) {
    struct thread *self = thread_current();
    int64_t error = 0;
    spinlock_acquire(&condition->ipc.lock);
    self->cancelled_too = mutex->grant ? &mutex->grant->revoked : NULL;
    while (!error && condition->sequence == sequence)
        error = cap_ref_is_live(ref) && cap_ref_is_live(mutex)
                    ? ipc_sleep(&condition->ipc, &condition->waiters, ref, deadline)
                    : -EBADF;
    self->cancelled_too = NULL;
    spinlock_release(&condition->ipc.lock);
    *woken = !error;
    if (error) return error;
    if (!cap_ref_is_live(ref)) return -EBADF;
    return self->killed ? -EINTR : 0;
}

int64_t condition_wait(const struct cap_ref *ref, const struct cap_ref *mutex, uint64_t deadline) {
    struct condition *condition = condition_of(ref->object);
    if (!mutex_is_mine(mutex)) return -EPERM;
    spinlock_acquire(&condition->ipc.lock);
    uint64_t sequence = condition->sequence;
    bool is_live = cap_ref_is_live(ref);
    spinlock_release(&condition->ipc.lock);
    int64_t error = is_live ? mutex_unlock(mutex) : -EBADF;
    if (error) return error;
    bool woken;
    error = sleep_without_mutex(condition, ref, mutex, sequence, deadline, &woken);
    // The mutex is taken again whatever has happened; why that fails counts more.
    int64_t lock_error = mutex_lock(mutex, TIMEOUT_NEVER);
    if (lock_error) error = lock_error;
    if (woken && (error == -EBADF || error == -EINTR)) pass_on(condition);
    return error;
}

int64_t condition_wake(const struct cap_ref *ref, uint64_t count) {
    struct condition *condition = condition_of(ref->object);
    int64_t woken = 0;
    spinlock_acquire(&condition->ipc.lock);
    if (cap_ref_is_live(ref)) {
        condition->sequence++;
        while ((uint64_t)woken < count && wait_queue_wake_one(&condition->waiters)) woken++;
    } else {
        woken = -EBADF;
    }
    spinlock_release(&condition->ipc.lock);
    return woken;
}
