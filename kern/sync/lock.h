// SPDX-License-Identifier: MIT
// Spin locks, and the one table of lock classes. A CPU takes locks in ascending rank only; debug
// builds check this at every acquire and report both sites. Nothing sleeps with a spin lock held.
#pragma once

#include "sync/cpu.h"

// Outermost first. "Pair" classes may hold two locks at once, through their one ordering helper.
#define LOCK_CLASS_LIST(CLASS)                                                                     \
    CLASS(PROCESS_TREE, 10, "process tree")   /* parents, children, pids, zombies */               \
    CLASS(CAP_SPACE, 20, "capability table")  /* pair: cap_lock_pair(), ascending pid */           \
    CLASS(GRANT, 22, "grant")                 /* the pins under one grant */                       \
    CLASS(ACCOUNTS, 24, "list of accounts")   /* which there are */                                \
    CLASS(CONSOLE, 30, "console")             /* line editor, foreground group */                  \
    CLASS(PIPE, 32, "pipe")                   /* one pipe's ring and its wait queues */            \
    CLASS(IPC_OBJECT, 34, "ipc object")       /* one timer, mutex, queue, ... */                   \
    CLASS(INHERITANCE, 35, "inheritance")     /* owners of mutexes with waiters */                 \
    CLASS(FILE_SYSTEM, 36, "file system")     /* name trees, inode cache */                        \
    CLASS(SLEEP_LOCK, 40, "sleep lock")       /* the inner lock of a sleep lock */                 \
    CLASS(BLOCK_WAIT, 42, "block transfer")   /* who waits for one transfer */                     \
    CLASS(VIRTIO, 44, "virtio queue")         /* one device's queue */                             \
    CLASS(ADDRESS_SPACE, 50, "address space") /* regions and page table */                         \
    CLASS(KERNEL_MAP, 54, "kernel map")       /* kernel page table, stacks */                      \
    CLASS(EVENTS, 56, "event record")         /* the ring of capability events */                  \
    CLASS(BUFFER_CACHES, 57, "buffer caches") /* which there are, for who is out of memory */      \
    CLASS(BUFFERS, 58, "buffer cache")        /* one disk's buffers and transaction */             \
    CLASS(OBJECT_CACHE, 60, "object cache")   /* one cache's slabs */                              \
    CLASS(PAGES, 62, "page allocator")        /* the global free list */                           \
    CLASS(RUN_QUEUE, 70, "run queue")         /* one CPU's runnable threads */                     \
    CLASS(CLOCK, 80, "clock")                 /* one CPU's timeouts */                             \
    CLASS(RANDOM, 84, "random pool")                                                               \
    CLASS(LOG, 90, "kernel log") /* one line at a time */                                          \
    CLASS(UART, 92, "uart")

#define LOCK_DEFINE_CLASS(name, rank, text) LOCK_##name = rank,
enum lock_class { LOCK_CLASS_LIST(LOCK_DEFINE_CLASS) };
#undef LOCK_DEFINE_CLASS

struct spinlock {
    uint32_t taken;   // 0 or 1
    uint16_t class;   // enum lock_class
    uint16_t owner;   // debug builds: CPU index + 1
    const char *site; // debug builds: where it was taken
};

#define SPINLOCK_INIT(lock_class)                                                                  \
    { .class = (lock_class) }

static inline void spinlock_init(struct spinlock *lock, enum lock_class class) {
    *lock = (struct spinlock){.class = (uint16_t) class};
}

// Takes the lock with interrupts off on this CPU; they come back with the release of the last.
#define spinlock_acquire(lock) spinlock_acquire_at(lock, LOCK_SITE, false)

// For the second lock of a pair class, called by that class's ordering helper only.
#define spinlock_acquire_second(lock) spinlock_acquire_at(lock, LOCK_SITE, true)

#define LOCK_SITE_TEXT(line) #line
#define LOCK_SITE_LINE(line) LOCK_SITE_TEXT(line)
#define LOCK_SITE            __FILE__ ":" LOCK_SITE_LINE(__LINE__)

// The name of a lock's class, for messages.
const char *lock_class_name(uint32_t class);

// What debug builds check and record; see lock.c.
void lock_check_before_acquire(const struct spinlock *lock, const char *site, bool second);
void lock_record_acquire(struct spinlock *lock, const char *site);
void lock_record_release(struct spinlock *lock);
extern void (*lock_release_hook)(void); // set at boot, or NULL; see sched_perturb()
void lock_released(void);
void lock_wait(struct spinlock *lock, const char *site);
void lock_assert_held(const struct spinlock *lock);
void lock_assert_none_held(void);

static inline void spinlock_acquire_at(struct spinlock *lock, const char *site, bool second) {
    interrupts_disable();
    if (CONFIG_DEBUG) lock_check_before_acquire(lock, site, second);
    if (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE)) lock_wait(lock, site);
    if (CONFIG_DEBUG) lock_record_acquire(lock, site);
}

static inline void spinlock_release(struct spinlock *lock) {
    if (CONFIG_DEBUG) lock_record_release(lock);
    __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
    interrupts_restore();
    if (CONFIG_DEBUG && lock_release_hook) lock_released();
}

// Debug builds: panics unless this CPU holds the lock. Release builds: nothing.
static inline void spinlock_assert_held(const struct spinlock *lock) {
    if (CONFIG_DEBUG) lock_assert_held(lock);
}

// Debug builds: panics if this CPU holds any spin lock. Called wherever a thread may sleep or touch
// user memory.
static inline void spinlock_assert_none_held(void) {
    if (CONFIG_DEBUG) lock_assert_none_held();
}
