// SPDX-License-Identifier: MIT
// What a spin lock does when it is taken already, and the order checks of debug builds. The lock is
// test-and-test-and-set: FIFO locks convoy badly when there are more virtual CPUs than host cores.

#include "sync/lock.h"
#include "lib/print.h"

// After this many looks at a taken lock a debug build calls it a deadlock: minutes, even on a
// loaded host.
#define SPINS_BEFORE_DEADLOCK UINT64_C(40000000000)

const char *lock_class_name(uint32_t class) {
#define LOCK_NAME_CASE(name, rank, text)                                                           \
    case LOCK_##name: return text;
    switch (class) {
        LOCK_CLASS_LIST(LOCK_NAME_CASE)
    default: return "unknown";
    }
#undef LOCK_NAME_CASE
}

void lock_wait(struct spinlock *lock, const char *site) {
    uint64_t spins = 0;
    do {
        while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED)) {
            arch_cpu_relax();
            cpu_serve_flushes();
            if (CONFIG_DEBUG && ++spins == SPINS_BEFORE_DEADLOCK)
                panic("deadlock: %s wanted at %s is held by CPU %d, taken at %s",
                      lock_class_name(lock->class), site, lock->owner - 1, lock->site);
        }
    } while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE));
}

void (*lock_release_hook)(void);

void lock_released(void) {
    if (arch_current()->interrupts_depth == 0 && !panic_in_progress()) lock_release_hook();
}

void lock_check_before_acquire(const struct spinlock *lock, const char *site, bool second) {
    const struct cpu *cpu = this_cpu();
    if (cpu->locks_held_count == 0 || panic_in_progress()) return;
    for (uint32_t i = 0; i < cpu->locks_held_count; i++)
        if (cpu->locks_held[i].lock == lock)
            panic("%s wanted at %s is already held by this CPU, taken at %s",
                  lock_class_name(lock->class), site, cpu->locks_held[i].site);
    const struct lock_held *last = &cpu->locks_held[cpu->locks_held_count - 1];
    if (lock->class > last->lock->class || (second && lock->class == last->lock->class)) return;
    panic("lock order: %s (rank %u) wanted at %s while holding %s (rank %u), taken at %s",
          lock_class_name(lock->class), lock->class, site, lock_class_name(last->lock->class),
          last->lock->class, last->site);
}

void lock_record_acquire(struct spinlock *lock, const char *site) {
    struct cpu *cpu = this_cpu();
    kassert(cpu->locks_held_count < LOCKS_HELD_MAX);
    cpu->locks_held[cpu->locks_held_count++] = (struct lock_held){lock, site};
    lock->owner = (uint16_t)(cpu->index + 1);
    lock->site = site;
}

void lock_record_release(struct spinlock *lock) {
    struct cpu *cpu = this_cpu();
    lock_assert_held(lock);
    lock->owner = 0;
    uint32_t i = 0;
    while (cpu->locks_held[i].lock != lock) i++;
    for (cpu->locks_held_count--; i < cpu->locks_held_count; i++)
        cpu->locks_held[i] = cpu->locks_held[i + 1];
}

void lock_assert_held(const struct spinlock *lock) {
    // With interrupts on nothing is held, and this_cpu() would mean nothing.
    const struct cpu *cpu = arch_current()->interrupts_depth > 0 ? this_cpu() : NULL;
    for (uint32_t i = 0; cpu && i < cpu->locks_held_count; i++)
        if (cpu->locks_held[i].lock == lock) return;
    panic("%s is not held by this CPU", lock_class_name(lock->class));
}

void lock_assert_none_held(void) {
    if (arch_current()->interrupts_depth == 0) return;
    const struct cpu *cpu = this_cpu();
    if (cpu->locks_held_count > 0 && !panic_in_progress())
        panic("about to sleep or touch user memory with %s held, taken at %s",
              lock_class_name(cpu->locks_held[0].lock->class), cpu->locks_held[0].site);
}
