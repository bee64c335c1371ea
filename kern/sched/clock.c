// SPDX-License-Identifier: MIT
// Timeouts. Each CPU keeps its armed timeouts in a pairing heap, the earliest at the root, under
// its clock lock. Arming is O(1), the rest amortized O(log n), and nothing is allocated.

#include "sched/clock.h"
#include "lib/print.h"
#include "sync/lock.h"

struct clock {
    struct spinlock lock;
    struct timeout *root;
    struct timeout *expiring; // whose expire() runs now; atomic
    uint64_t tick;            // this CPU's own
} __attribute__((aligned(64)));

static struct clock clocks[MAX_CPUS];

void clock_init(void) {
    for (uint32_t i = 0; i < MAX_CPUS; i++) {
        spinlock_init(&clocks[i].lock, LOCK_CLOCK);
        clocks[i].tick = TIMEOUT_NEVER;
    }
}

static struct timeout *heap_merge(struct timeout *a, struct timeout *b) {
    if (!a || !b) return a ? a : b;
    if (b->deadline < a->deadline) {
        struct timeout *swap = a;
        a = b;
        b = swap;
    }
    b->sibling = a->child;
    if (b->sibling) b->sibling->link = &b->sibling;
    b->link = &a->child;
    a->child = b;
    return a;
}

// Merges a list of siblings: in pairs from the left, then those from the right.
static struct timeout *heap_merge_siblings(struct timeout *first) {
    struct timeout *pairs = NULL;
    while (first) {
        struct timeout *a = first, *b = first->sibling;
        first = b ? b->sibling : NULL;
        a->sibling = NULL;
        if (b) b->sibling = NULL;
        a = heap_merge(a, b);
        a->sibling = pairs;
        pairs = a;
    }
    struct timeout *heap = NULL;
    while (pairs) {
        struct timeout *next = pairs->sibling;
        pairs->sibling = NULL;
        heap = heap_merge(heap, pairs);
        pairs = next;
    }
    return heap;
}

static void heap_remove_locked(struct clock *clock, struct timeout *timeout) {
    struct timeout *children = heap_merge_siblings(timeout->child);
    timeout->child = NULL;
    if (clock->root == timeout) {
        clock->root = children;
    } else {
        *timeout->link = timeout->sibling;
        if (timeout->sibling) timeout->sibling->link = timeout->link;
        clock->root = heap_merge(clock->root, children);
    }
    timeout->sibling = NULL;
    timeout->armed = false;
}

static void set_timer_locked(const struct clock *clock) {
    uint64_t deadline = clock->tick;
    if (clock->root && clock->root->deadline < deadline) deadline = clock->root->deadline;
    arch_timer_set(deadline);
}

void timeout_arm(struct timeout *timeout, uint64_t deadline, void (*expire)(struct timeout *)) {
    interrupts_disable();
    uint32_t cpu = this_cpu()->index;
    struct clock *clock = &clocks[cpu];
    spinlock_acquire(&clock->lock);
    kassert(!timeout->armed);
    *timeout = (struct timeout){.deadline = deadline, .expire = expire, .cpu = cpu, .armed = true};
    clock->root = heap_merge(clock->root, timeout);
    if (clock->root == timeout) set_timer_locked(clock);
    spinlock_release(&clock->lock);
    interrupts_restore();
}

bool timeout_cancel(struct timeout *timeout) {
    struct clock *clock = &clocks[timeout->cpu];
    spinlock_acquire(&clock->lock);
    bool was_armed = timeout->armed;
    if (was_armed) heap_remove_locked(clock, timeout);
    spinlock_release(&clock->lock);
    while (!was_armed && __atomic_load_n(&clock->expiring, __ATOMIC_ACQUIRE) == timeout)
        arch_cpu_relax();
    return was_armed;
}

void clock_interrupt(void) {
    struct clock *clock = &clocks[this_cpu()->index];
    spinlock_acquire(&clock->lock);
    while (clock->root && clock->root->deadline <= clock_now()) {
        struct timeout *due = clock->root;
        heap_remove_locked(clock, due);
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
