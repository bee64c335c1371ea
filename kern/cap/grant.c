// SPDX-License-Identifier: MIT
// Grants: creation, the pins under them, and revocation of the operations that hold these. The
// grant's spin lock guards the list of pins; a pin on it holds its object.

#include "cap/grant.h"
#include "cap/account.h"
#include "cap/events.h"
#include "lib/print.h"
#include "mem/object_cache.h"
#include "sched/thread.h"

static struct object_cache grant_cache;

static void grant_describe(const struct object *object, char *name, size_t size) {
    format_string(name, size, "grant to process %d",
                  container_of(object, struct grant, object)->receiver);
}

static const struct object_type delegate_type = {
    .name = "delegate",
    .code = CAP_TYPE_DELEGATE,
    .rights = CAP_WRITE,
    .cache = &grant_cache,
    .destroy = object_free,
    .describe = grant_describe,
};

void grant_init(void) {
    object_cache_init(&grant_cache, "grant", sizeof(struct grant));
    object_type_register(&delegate_type);
}

struct grant *grant_create(void) {
    struct object *object = object_create(&delegate_type, account_current());
    if (!object) return NULL;
    struct grant *grant = grant_of_object(object);
    spinlock_init(&grant->lock, LOCK_GRANT);
    list_init(&grant->pins);
    return grant;
}

void grant_add_pin(struct cap_ref *ref, uint32_t rights) {
    struct grant *grant = ref->grant;
    object_get(&grant->object);
    ref->thread = thread_current();
    ref->rights = rights;
    spinlock_acquire(&grant->lock);
    list_push_back(&grant->pins, &ref->node);
    spinlock_release(&grant->lock);
    event_of_pin(EVENT_PIN, ref);
}

void grant_remove_pin(struct cap_ref *ref) {
    spinlock_acquire(&ref->grant->lock);
    list_remove(&ref->node);
    spinlock_release(&ref->grant->lock);
    grant_put(ref->grant);
}

enum wake_reason cap_ref_sleep_under_grant(const struct cap_ref *ref, struct wait_queue *queue,
                                           struct spinlock *lock, uint64_t deadline) {
    event_of_pin(EVENT_BLOCK, ref);
    enum wake_reason reason = wait_queue_sleep(queue, lock, &ref->grant->revoked, deadline);
    event_of_pin(EVENT_WAKE, ref);
    return reason;
}

// Wakes the threads with pins, and takes a hold on the object, which is the same for all of them;
// NULL if there is none.
static struct object *cancel_pins(struct grant *grant) {
    struct object *object = NULL;
    spinlock_acquire(&grant->lock);
    list_for_each(node, &grant->pins) {
        struct cap_ref *ref = container_of(node, struct cap_ref, node);
        thread_cancel_sleep(ref->thread, &grant->revoked);
        object = ref->object;
    }
    if (object) object_get(object);
    spinlock_release(&grant->lock);
    return object;
}

void grant_end_operations(struct grant *grant) {
    // A pin that is added from here on takes the grant's lock after this has had it, and then the
    // object's: its operation finds the grant revoked.
    struct object *object = cancel_pins(grant);
    if (!object) return;
    if (object->type->settle) object->type->settle(object);
    object_put(object);
}
