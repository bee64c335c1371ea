// SPDX-License-Identifier: MIT
// Nobody is woken.
//
// function:  kern/cap/grant.c:grant_end_operations
// breaks:    P7
// caught by: wake
// like:      a thread that sleeps on a file that is closed

void grant_end_operations(struct grant *grant) {
    // A pin that is added from here on takes the grant's lock after this has had it, and then the
    // object's: its operation finds the grant revoked.
    struct object *object = grant->revoked ? NULL : cancel_pins(grant);
    if (!object) return;
    if (object->type->settle) object->type->settle(object);
    object_put(object);
}
