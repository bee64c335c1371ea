// SPDX-License-Identifier: MIT
// Barriers: a round ends when as many threads as were agreed on wait.

#include "abi/errno.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"

struct barrier {
    struct ipc_object ipc;
    uint32_t count, arrived;
    uint64_t round;
    struct wait_queue waiters;
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
    barrier->count = count;
    return object;
}

// Whoever leaves early has not come; but a round that has ended counts, whatever woke the thread.
static int64_t wait_for_others_locked(struct barrier *barrier, const struct cap_ref *ref,
                                      uint64_t deadline) {
    uint64_t round = barrier->round;
    int error = 0;
    while (!error && barrier->round == round)
        error = ipc_sleep(&barrier->ipc, &barrier->waiters, ref, deadline);
    if (!error || barrier->round != round) return 0;
    barrier->arrived--;
    return error;
}

int64_t barrier_wait(const struct cap_ref *ref, uint64_t deadline) {
    struct barrier *barrier = barrier_of(ref->object);
    int64_t result = -EBADF;
    spinlock_acquire(&barrier->ipc.lock);
    if (cap_ref_is_live(ref)) {
        if (++barrier->arrived < barrier->count) {
            result = wait_for_others_locked(barrier, ref, deadline);
        } else {
            barrier->arrived = 0;
            barrier->round++;
            wait_queue_wake_all(&barrier->waiters);
            result = BARRIER_SERIAL;
        }
    }
    spinlock_release(&barrier->ipc.lock);
    return result;
}
