// SPDX-License-Identifier: MIT
// Barriers: a round ends when as many threads as were agreed on wait.

#include "abi/errno.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"

struct barrier {
    struct ipc_object ipc;
    uint32_t count, arrived;
    struct list arrivals; // of struct arrival, as many as have arrived
    struct wait_queue waiters;
};

// A thread that waits, on its own stack.
struct arrival {
    struct list node;
    const struct cap_ref *ref;
    bool is_complete; // its round has ended, with it
};

static struct object_cache cache;

static struct barrier *barrier_of(const struct object *object) {
    return container_of(object, struct barrier, ipc.object);
}

static void barrier_describe(const struct object *object, char *name, size_t size) {
    format_string(name, size, "barrier of %u", barrier_of(object)->count);
}

static const struct object_type type = {
    .name = "barrier",
    .cache = &cache,
    .code = CAP_TYPE_BARRIER,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = object_free,
    .settle = ipc_settle,
    .describe = barrier_describe,
};

void barrier_init(void) {
    object_cache_init(&cache, "barrier", sizeof(struct barrier));
    object_type_register(&type);
}

struct object *barrier_create(uint32_t count) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct barrier *barrier = barrier_of(object);
    wait_queue_init(&barrier->waiters);
    list_init(&barrier->arrivals);
    barrier->count = count;
    return object;
}

static void leave_locked(struct barrier *barrier, struct arrival *arrival) {
    list_remove(&arrival->node);
    barrier->arrived--;
}

// Those whose capability has been revoked have not come, even if they do not know it yet.
static void forget_revoked_locked(struct barrier *barrier) {
    list_for_each(node, &barrier->arrivals) {
        struct arrival *arrival = container_of(node, struct arrival, node);
        if (!cap_ref_is_live(arrival->ref)) leave_locked(barrier, arrival);
    }
}

// Whoever leaves early has not come; but a round that has ended with the thread counts, whatever
// woke it.
static int64_t wait_for_others_locked(struct barrier *barrier, const struct cap_ref *ref,
                                      uint64_t deadline) {
    struct arrival arrival = {.ref = ref};
    int error = 0;
    list_push_back(&barrier->arrivals, &arrival.node);
    while (!error && !arrival.is_complete)
        error = ipc_sleep(&barrier->ipc, &barrier->waiters, ref, deadline);
    if (arrival.is_complete) return 0;
    if (!list_is_empty(&arrival.node)) leave_locked(barrier, &arrival);
    return error;
}

static void end_round_locked(struct barrier *barrier) {
    list_for_each(node, &barrier->arrivals) {
        container_of(node, struct arrival, node)->is_complete = true;
        list_remove(node);
    }
    barrier->arrived = 0;
    wait_queue_wake_all(&barrier->waiters);
}

int64_t barrier_wait(const struct cap_ref *ref, uint64_t deadline) {
    struct barrier *barrier = barrier_of(ref->object);
    int64_t result = -EBADF;
    spinlock_acquire(&barrier->ipc.lock);
    if (cap_ref_is_live(ref)) {
        forget_revoked_locked(barrier);
        if (++barrier->arrived < barrier->count) {
            result = wait_for_others_locked(barrier, ref, deadline);
        } else {
            end_round_locked(barrier);
            result = BARRIER_SERIAL;
        }
    }
    spinlock_release(&barrier->ipc.lock);
    return result;
}
