// SPDX-License-Identifier: MIT
// Reader-writer locks. A writer that waits goes before readers that come later. Who holds the lock
// is written down, so that it is released when its holder cannot do that any more. The lock's spin
// lock guards all of it.

#include "abi/errno.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"

struct holder {
    struct thread *thread;
    int32_t pid;
};

struct rwlock {
    struct ipc_object ipc;
    struct holder writer; // thread NULL: none
    struct holder readers[RWLOCK_READERS_MAX];
    uint32_t reader_count;
    bool owner_died; // a writer did, and nobody has been told yet
    struct wait_queue waiting_readers, waiting_writers;
};

static struct object_cache cache;

static struct rwlock *rwlock_of(const struct object *object) {
    return container_of(object, struct rwlock, ipc.object);
}

// ---- Holders -----------------------------------------------------------------------------------

static bool is_reader(const struct rwlock *lock, const struct thread *thread) {
    for (uint32_t i = 0; i < lock->reader_count; i++)
        if (lock->readers[i].thread == thread) return true;
    return false;
}

static void set_reader_count(struct rwlock *lock, uint32_t count) {
    __atomic_store_n(&lock->reader_count, count, __ATOMIC_RELAXED); // describe() looks without lock
}

static void set_writer(struct rwlock *lock, struct thread *thread, int32_t pid) {
    __atomic_store_n(&lock->writer.thread, thread, __ATOMIC_RELAXED); // the same
    lock->writer.pid = pid;
}

static void remove_reader(struct rwlock *lock, uint32_t index) {
    __atomic_fetch_sub(&lock->readers[index].thread->rwlocks_held, 1, __ATOMIC_RELAXED);
    lock->readers[index] = lock->readers[lock->reader_count - 1];
    set_reader_count(lock, lock->reader_count - 1);
}

static void remove_writer(struct rwlock *lock) {
    __atomic_fetch_sub(&lock->writer.thread->rwlocks_held, 1, __ATOMIC_RELAXED);
    set_writer(lock, NULL, 0);
}

// Wakes who may have the lock now. Also called by whoever was woken and does not take it.
static void wake_next_locked(struct rwlock *lock) {
    if (lock->writer.thread) return;
    if (lock->reader_count == 0 && wait_queue_wake_one(&lock->waiting_writers)) return;
    if (!wait_queue_has_waiter(&lock->waiting_writers)) wait_queue_wake_all(&lock->waiting_readers);
}

// ---- The object --------------------------------------------------------------------------------

static void rwlock_lost(struct object *object, int32_t pid, const struct thread *thread) {
    struct rwlock *lock = rwlock_of(object);
    spinlock_acquire(&lock->ipc.lock);
    if (lock->writer.thread && lock->writer.pid == pid &&
        (!thread || lock->writer.thread == thread)) {
        remove_writer(lock);
        lock->owner_died = true;
    }
    for (uint32_t i = lock->reader_count; i-- > 0;)
        if (lock->readers[i].pid == pid && (!thread || lock->readers[i].thread == thread))
            remove_reader(lock, i);
    wake_next_locked(lock);
    spinlock_release(&lock->ipc.lock);
}

static void rwlock_describe(const struct object *object, char *name, size_t size) {
    const struct rwlock *lock = rwlock_of(object);
    uint32_t readers = __atomic_load_n(&lock->reader_count, __ATOMIC_RELAXED);
    if (__atomic_load_n(&lock->writer.thread, __ATOMIC_RELAXED))
        format_string(name, size, "rwlock, held by a writer");
    else
        format_string(name, size, "rwlock with %u readers", readers);
}

static const struct object_type type = {
    .name = "rwlock",
    .cache = &cache,
    .code = CAP_TYPE_RWLOCK,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = object_free,
    .settle = ipc_settle,
    .lost = rwlock_lost,
    .describe = rwlock_describe,
};

void rwlock_init(void) {
    object_cache_init(&cache, "rwlock", sizeof(struct rwlock));
    object_type_register(&type);
}

struct object *rwlock_create(void) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct rwlock *lock = rwlock_of(object);
    wait_queue_init(&lock->waiting_readers);
    wait_queue_init(&lock->waiting_writers);
    return object;
}

// ---- Locking -----------------------------------------------------------------------------------

static bool may_take(const struct rwlock *lock, const struct thread *self, bool to_write) {
    if (lock->writer.thread) return false;
    if (to_write) return lock->reader_count == 0;
    // A reader once more is not kept waiting by a writer that waits for it.
    return !wait_queue_has_waiter(&lock->waiting_writers) || is_reader(lock, self);
}

static void take(struct rwlock *lock, struct thread *self, int32_t pid, bool to_write) {
    __atomic_fetch_add(&self->rwlocks_held, 1, __ATOMIC_RELAXED);
    if (to_write) {
        set_writer(lock, self, pid);
    } else {
        lock->readers[lock->reader_count] = (struct holder){self, pid};
        set_reader_count(lock, lock->reader_count + 1);
    }
}

// 0: taken, 1: it must wait, or an error.
static int try_locked(struct rwlock *lock, const struct cap_ref *ref, int32_t pid, bool to_write) {
    struct thread *self = thread_current();
    if (!cap_ref_is_live(ref)) return -EBADF;
    if (lock->writer.thread == self || (to_write && is_reader(lock, self))) return -EDEADLK;
    if (!may_take(lock, self, to_write)) return 1;
    if (!to_write && lock->reader_count == RWLOCK_READERS_MAX) return -EAGAIN;
    take(lock, self, pid, to_write);
    if (!lock->owner_died) return 0;
    lock->owner_died = false;
    return -EOWNERDEAD; // and it is taken
}

int64_t rwlock_lock(const struct cap_ref *ref, int32_t pid, bool to_write, uint64_t deadline) {
    struct rwlock *lock = rwlock_of(ref->object);
    struct wait_queue *queue = to_write ? &lock->waiting_writers : &lock->waiting_readers;
    int result;
    spinlock_acquire(&lock->ipc.lock);
    while ((result = try_locked(lock, ref, pid, to_write)) == 1)
        if ((result = ipc_sleep(&lock->ipc, queue, ref, deadline))) break;
    if (result) wake_next_locked(lock);
    spinlock_release(&lock->ipc.lock);
    return result;
}

int64_t rwlock_unlock(const struct cap_ref *ref) {
    struct rwlock *lock = rwlock_of(ref->object);
    const struct thread *self = thread_current();
    int error = 0;
    spinlock_acquire(&lock->ipc.lock);
    if (!cap_ref_is_live(ref)) {
        error = -EBADF;
    } else if (lock->writer.thread == self) {
        remove_writer(lock);
    } else if (is_reader(lock, self)) {
        uint32_t i = 0;
        while (lock->readers[i].thread != self) i++;
        remove_reader(lock, i);
    } else {
        error = -EPERM;
    }
    if (!error) wake_next_locked(lock);
    spinlock_release(&lock->ipc.lock);
    return error;
}
