// SPDX-License-Identifier: MIT
// Only the first sleeper is woken.
//
// function:  kern/cap/grant.c:cancel_pins
// breaks:    P7
// caught by: wake
// like:      a lost wake-up (xv6, 26f3061)

static struct object *cancel_pins(struct grant *grant) {
    struct object *object = NULL;
    spinlock_acquire(&grant->lock);
    list_for_each(node, &grant->pins) {
        struct cap_ref *ref = container_of(node, struct cap_ref, node);
        thread_cancel_sleep(ref->thread, &grant->revoked);
        object = ref->object;
        break;
    }
    if (object) object_get(object);
    spinlock_release(&grant->lock);
    return object;
}
