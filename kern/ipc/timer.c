// SPDX-License-Identifier: MIT
// Timers: expire once or at an interval. What has expired is worked out from the clock when
// somebody asks: a timer that nobody waits for costs nothing, however short its interval.

#include "abi/errno.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"

struct timer {
    struct ipc_object ipc;
    uint64_t next;     // the first expiry that nobody has waited for yet; 0: none is to come
    uint64_t interval; // 0: it expires once
    struct wait_queue waiters;
};

static struct object_cache cache;

static struct timer *timer_of(const struct object *object) {
    return container_of(object, struct timer, ipc.object);
}

static void timer_describe(const struct object *object, char *name, size_t size) {
    const struct timer *timer = timer_of(object);
    bool is_armed = __atomic_load_n(&timer->next, __ATOMIC_RELAXED) > clock_now() ||
                    __atomic_load_n(&timer->interval, __ATOMIC_RELAXED) != 0;
    format_string(name, size, is_armed ? "timer, armed" : "timer");
}

static const struct object_type type = {
    .name = "timer",
    .cache = &cache,
    .code = CAP_TYPE_TIMER,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = object_free,
    .settle = ipc_settle,
    .describe = timer_describe,
};

void timer_init(void) {
    object_cache_init(&cache, "timer", sizeof(struct timer));
    object_type_register(&type);
}

struct object *timer_new(void) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct timer *timer = timer_of(object);
    wait_queue_init(&timer->waiters);
    return object;
}

int64_t timer_set(const struct cap_ref *ref, uint64_t first, uint64_t interval) {
    struct timer *timer = timer_of(ref->object);
    spinlock_acquire(&timer->ipc.lock);
    int error = cap_ref_is_live(ref) ? 0 : -EBADF;
    if (!error) {
        __atomic_store_n(&timer->interval, first != 0 ? interval : 0, __ATOMIC_RELAXED);
        __atomic_store_n(&timer->next, first, __ATOMIC_RELAXED);
        wait_queue_wake_all(&timer->waiters); // they wait for another moment now
    }
    spinlock_release(&timer->ipc.lock);
    return error;
}

// How often it has expired up to now; these expiries are then past.
static uint64_t take_expiries_locked(struct timer *timer, uint64_t now) {
    if (timer->next == 0 || now < timer->next) return 0;
    uint64_t count = timer->interval ? 1 + (now - timer->next) / timer->interval : 1;
    uint64_t next = timer->interval ? timer->next + count * timer->interval : 0;
    __atomic_store_n(&timer->next, next, __ATOMIC_RELAXED);
    return count;
}

int64_t timer_get(const struct cap_ref *ref, struct timer_state *state) {
    struct timer *timer = timer_of(ref->object);
    spinlock_acquire(&timer->ipc.lock);
    uint64_t now = clock_now();
    *state = (struct timer_state){.interval = timer->interval};
    if (now < timer->next)
        state->remaining = timer->next - now;
    else if (timer->next != 0 && timer->interval > 0)
        state->remaining = timer->interval - (now - timer->next) % timer->interval;
    int error = cap_ref_is_live(ref) ? 0 : -EBADF;
    spinlock_release(&timer->ipc.lock);
    return error;
}

int64_t timer_wait(const struct cap_ref *ref, uint64_t deadline) {
    struct timer *timer = timer_of(ref->object);
    int64_t result = 0;
    spinlock_acquire(&timer->ipc.lock);
    while (result == 0) {
        if (!cap_ref_is_live(ref)) {
            result = -EBADF;
        } else if (!(result = (int64_t)take_expiries_locked(timer, clock_now()))) {
            bool expires = timer->next != 0 && timer->next <= deadline;
            result = ipc_sleep(&timer->ipc, &timer->waiters, ref, expires ? timer->next : deadline);
            if (expires && result == -ETIMEDOUT) result = 0; // that is what it waited for
        }
    }
    spinlock_release(&timer->ipc.lock);
    return result;
}
