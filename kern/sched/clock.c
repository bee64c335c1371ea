// SPDX-License-Identifier: MIT
// Timeouts. Each CPU keeps its armed timeouts in a list, the earliest first, under its clock lock.

#include "sched/clock.h"
#include "lib/print.h"
#include "sync/lock.h"

struct clock {
    struct spinlock lock;
    struct list armed;
    struct timeout *expiring; // whose expire() runs now; atomic
    uint64_t tick;            // this CPU's own
} __attribute__((aligned(64)));

static struct clock clocks[MAX_CPUS];

void clock_init(void) {
    for (uint32_t i = 0; i < MAX_CPUS; i++) {
        spinlock_init(&clocks[i].lock, LOCK_CLOCK);
        list_init(&clocks[i].armed);
        clocks[i].tick = TIMEOUT_NEVER;
    }
}

static struct timeout *first_of(const struct clock *clock) {
    if (list_is_empty(&clock->armed)) return NULL;
    return container_of(clock->armed.next, struct timeout, node);
}

static void insert_locked(struct clock *clock, struct timeout *timeout) {
    struct list *after = clock->armed.previous; // most are armed for later than the others
    while (after != &clock->armed &&
           container_of(after, struct timeout, node)->deadline > timeout->deadline)
        after = after->previous;
    list_insert_after(after, &timeout->node);
}

static void remove_locked(struct timeout *timeout) {
    list_remove(&timeout->node);
    __atomic_store_n(&timeout->armed, false, __ATOMIC_RELEASE);
}

static void set_timer_locked(const struct clock *clock) {
    const struct timeout *first = first_of(clock);
    arch_timer_set(first && first->deadline < clock->tick ? first->deadline : clock->tick);
}

void timeout_arm(struct timeout *timeout, uint64_t deadline, void (*expire)(struct timeout *)) {
    interrupts_disable();
    uint32_t cpu = this_cpu()->index;
    struct clock *clock = &clocks[cpu];
    spinlock_acquire(&clock->lock);
    kassert(!timeout->armed);
    *timeout = (struct timeout){.deadline = deadline, .expire = expire, .cpu = cpu, .armed = true};
    insert_locked(clock, timeout);
    if (first_of(clock) == timeout) set_timer_locked(clock);
    spinlock_release(&clock->lock);
    interrupts_restore();
}

bool timeout_cancel(struct timeout *timeout) {
    struct clock *clock = &clocks[timeout->cpu];
    spinlock_acquire(&clock->lock);
    bool was_armed = timeout->armed;
    if (was_armed) remove_locked(timeout);
    spinlock_release(&clock->lock);
    while (!was_armed && __atomic_load_n(&clock->expiring, __ATOMIC_ACQUIRE) == timeout)
        arch_cpu_relax();
    return was_armed;
}

void clock_interrupt(void) {
    struct clock *clock = &clocks[this_cpu()->index];
    spinlock_acquire(&clock->lock);
    struct timeout *due;
    while ((due = first_of(clock)) && due->deadline <= clock_now()) {
        remove_locked(due);
        __atomic_store_n(&clock->expiring, due, __ATOMIC_RELAXED);
        spinlock_release(&clock->lock);
        due->expire(due);
        __atomic_store_n(&clock->expiring, NULL, __ATOMIC_RELEASE);
        spinlock_acquire(&clock->lock);
    }
    set_timer_locked(clock);
    spinlock_release(&clock->lock);
}

void clock_set_tick(uint64_t tick) {
    struct clock *clock = &clocks[this_cpu()->index];
    spinlock_acquire(&clock->lock);
    clock->tick = tick;
    this_cpu()->has_tick = tick != TIMEOUT_NEVER;
    set_timer_locked(clock);
    spinlock_release(&clock->lock);
}
