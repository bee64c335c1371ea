// SPDX-License-Identifier: MIT
// Counting semaphores.

#include "abi/errno.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"

struct semaphore {
    struct ipc_object ipc;
    uint32_t value, maximum;
    struct wait_queue waiters;
};

static struct object_cache cache;

static struct semaphore *semaphore_of(const struct object *object) {
    return container_of(object, struct semaphore, ipc.object);
}

static void semaphore_describe(const struct object *object, char *name, size_t size) {
    const struct semaphore *semaphore = semaphore_of(object);
    format_string(name, size, "semaphore %u of %u",
                  __atomic_load_n(&semaphore->value, __ATOMIC_RELAXED), semaphore->maximum);
}

static const struct object_type type = {
    .name = "semaphore",
    .cache = &cache,
    .code = CAP_TYPE_SEMAPHORE,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = object_free,
    .settle = ipc_settle,
    .describe = semaphore_describe,
};

void semaphore_init(void) {
    object_cache_init(&cache, "semaphore", sizeof(struct semaphore));
    object_type_register(&type);
}

struct object *semaphore_create(uint32_t value, uint32_t maximum) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct semaphore *semaphore = semaphore_of(object);
    wait_queue_init(&semaphore->waiters);
    semaphore->value = value;
    semaphore->maximum = maximum;
    return object;
}

static void set_value_locked(struct semaphore *semaphore, uint32_t value) {
    __atomic_store_n(&semaphore->value, value, __ATOMIC_RELAXED); // describe() looks without lock
}

int64_t semaphore_wait(const struct cap_ref *ref, uint64_t deadline) {
    struct semaphore *semaphore = semaphore_of(ref->object);
    int error = 0;
    spinlock_acquire(&semaphore->ipc.lock);
    while (!error) {
        if (!cap_ref_is_live(ref)) {
            error = -EBADF;
        } else if (semaphore->value > 0) {
            set_value_locked(semaphore, semaphore->value - 1);
            break;
        } else {
            error = ipc_sleep(&semaphore->ipc, &semaphore->waiters, ref, deadline);
        }
    }
    if (semaphore->value > 0) wait_queue_wake_one(&semaphore->waiters);
    spinlock_release(&semaphore->ipc.lock);
    return error;
}

int64_t semaphore_post(const struct cap_ref *ref) {
    struct semaphore *semaphore = semaphore_of(ref->object);
    int error = 0;
    spinlock_acquire(&semaphore->ipc.lock);
    if (!cap_ref_is_live(ref)) {
        error = -EBADF;
    } else if (semaphore->value == semaphore->maximum) {
        error = -EOVERFLOW;
    } else {
        set_value_locked(semaphore, semaphore->value + 1);
        wait_queue_wake_one(&semaphore->waiters);
    }
    spinlock_release(&semaphore->ipc.lock);
    return error;
}
