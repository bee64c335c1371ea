// SPDX-License-Identifier: MIT
// The ring of capability events. Its lock comes behind those of tables, grants and objects, under
// which events happen; nothing is taken or called with it held.

#include "cap/events.h"
#include "lib/string.h"
#include "sched/clock.h"
#include "sched/thread.h"

bool events_wanted;
static struct spinlock events_lock = SPINLOCK_INIT(LOCK_EVENTS);
static struct event ring[EVENTS_KEPT]; // under the lock; event n is at n % EVENTS_KEPT
static uint64_t last;                  // the newest event's number, 0: there was none

void events_set_wanted(bool wanted) { __atomic_store_n(&events_wanted, wanted, __ATOMIC_RELAXED); }

static void add(struct event event) {
    event.time = clock_now();
    spinlock_acquire(&events_lock);
    event.sequence = ++last;
    ring[event.sequence % EVENTS_KEPT] = event;
    spinlock_release(&events_lock);
}

void event_add(enum event_kind kind, const struct cap_space *space, const struct cap_slot *slot,
               int32_t other) {
    const struct object *object = slot->object;
    const struct grant *grant = slot->grant;
    add((struct event){.kind = (uint16_t)kind,
                       .type = (uint16_t)object->type->code,
                       .object_id = object->id,
                       .grant_epoch = grant ? grant->object.id : 0,
                       .pid = space->pid,
                       .other = other,
                       .slot = (int32_t)(((uint64_t)slot & (PAGE_SIZE - 1)) / sizeof(*slot)),
                       .rights = slot->rights});
}

void event_of_pin(enum event_kind kind, const struct cap_ref *ref) {
    if (!__atomic_load_n(&events_wanted, __ATOMIC_RELAXED)) return;
    add((struct event){.kind = (uint16_t)kind,
                       .type = (uint16_t)ref->object->type->code,
                       .object_id = ref->object->id,
                       .grant_epoch = ref->grant->object.id,
                       .pid = thread_current()->pid,
                       .slot = -1,
                       .rights = ref->rights});
}

uint32_t events_get(uint64_t sequence, struct event *events, uint32_t count) {
    uint32_t copied = 0;
    spinlock_acquire(&events_lock);
    uint64_t oldest = last > EVENTS_KEPT ? last - EVENTS_KEPT + 1 : 1;
    if (sequence < oldest) sequence = oldest;
    while (copied < count && sequence <= last) events[copied++] = ring[sequence++ % EVENTS_KEPT];
    spinlock_release(&events_lock);
    return copied;
}
