// SPDX-License-Identifier: MIT
// Mutexes with priority inheritance. A mutex's spin lock guards it. The inheritance lock, which
// comes behind it, guards the chain from a waiting thread over the mutex that it waits for to that
// one's owner: whoever changes the owner of a mutex to which a chain leads holds both locks.
//
// A thread that waits lends its priority to the owner, and to whom that one waits for. The owner
// has it until it holds no mutex any more.

#include "abi/errno.h"
#include "ipc/mutex.h"
#include "lib/print.h"
#include "mem/object_cache.h"

#define CHAIN_MAX 16

static struct object_cache cache;
static struct spinlock inheritance_lock = SPINLOCK_INIT(LOCK_INHERITANCE);

static struct mutex *mutex_of(const struct object *object) {
    return container_of(object, struct mutex, ipc.object);
}

// ---- Owners ------------------------------------------------------------------------------------

// What is rare is kept out of line, so that the usual way saves few registers.
#define RARE __attribute__((noinline, cold))

static RARE void set_owner_locked(struct mutex *mutex, struct thread *owner, int32_t pid) {
    spinlock_acquire(&inheritance_lock);
    __atomic_store_n(&mutex->owner, owner, __ATOMIC_RELAXED); // describe() looks without lock
    mutex->owner_pid = pid;
    spinlock_release(&inheritance_lock);
}

// Lends the current thread's priority along the chain that begins at the mutex.
static void lend_priority_locked(struct mutex *mutex) {
    struct thread *waiter = thread_current();
    spinlock_acquire(&inheritance_lock);
    waiter->waits_for = mutex;
    for (int i = 0; mutex && mutex->owner && i < CHAIN_MAX; i++) {
        if (mutex->owner->priority >= waiter->priority) break;
        thread_lend_priority(mutex->owner, waiter->priority);
        mutex = mutex->owner->waits_for;
    }
    spinlock_release(&inheritance_lock);
}

static void stop_waiting(void) {
    spinlock_acquire(&inheritance_lock);
    thread_current()->waits_for = NULL;
    spinlock_release(&inheritance_lock);
}

// The thread has one mutex less. Whoever lends to it for another one does so after that has been
// counted, and under the inheritance lock.
static void return_priority_of(struct thread *owner) {
    spinlock_acquire(&inheritance_lock);
    if (__atomic_sub_fetch(&owner->mutexes_held, 1, __ATOMIC_RELAXED) == 0)
        thread_take_back_priority(owner);
    spinlock_release(&inheritance_lock);
}

// ---- The object --------------------------------------------------------------------------------

// A process has no slot any more through which it could unlock, or its thread ends: it is made to.
static void mutex_lost(struct object *object, int32_t pid, const struct thread *thread) {
    struct mutex *mutex = mutex_of(object);
    spinlock_acquire(&mutex->ipc.lock);
    if (mutex->owner && mutex->owner_pid == pid && (!thread || mutex->owner == thread)) {
        struct thread *owner = mutex->owner;
        set_owner_locked(mutex, NULL, 0);
        mutex->owner_died = true;
        return_priority_of(owner);
        wait_queue_wake_one(&mutex->waiters);
    }
    spinlock_release(&mutex->ipc.lock);
}

static void mutex_describe(const struct object *object, char *name, size_t size) {
    bool is_held = __atomic_load_n(&mutex_of(object)->owner, __ATOMIC_RELAXED) != NULL;
    format_string(name, size, is_held ? "mutex, held" : "mutex");
}

static const struct object_type type = {
    .name = "mutex",
    .cache = &cache,
    .code = CAP_TYPE_MUTEX,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = object_free,
    .settle = ipc_settle,
    .lost = mutex_lost,
    .describe = mutex_describe,
};

void mutex_init(void) {
    object_cache_init(&cache, "mutex", sizeof(struct mutex));
    object_type_register(&type);
}

struct object *mutex_create(void) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct mutex *mutex = mutex_of(object);
    wait_queue_init(&mutex->waiters);
    return object;
}

// ---- Locking -----------------------------------------------------------------------------------

static inline int64_t take_locked(struct mutex *mutex) {
    struct thread *self = thread_current();
    if (mutex->waiting == 0) {
        __atomic_store_n(&mutex->owner, self, __ATOMIC_RELAXED);
        mutex->owner_pid = self->pid;
    } else {
        set_owner_locked(mutex, self, self->pid);
    }
    __atomic_fetch_add(&self->mutexes_held, 1, __ATOMIC_RELAXED);
    bool died = mutex->owner_died;
    mutex->owner_died = false;
    return died ? -EOWNERDEAD : 0;
}

static RARE int64_t wait_and_take_locked(struct mutex *mutex, const struct cap_ref *ref,
                                         uint64_t deadline) {
    int64_t error = 0;
    if (mutex->owner == thread_current()) return -EDEADLK;
    if (deadline == 0) return -ETIMEDOUT; // and lends nothing
    mutex->waiting++;
    while (!error && mutex->owner) {
        lend_priority_locked(mutex);
        error = ipc_sleep(&mutex->ipc, &mutex->waiters, ref, deadline);
        stop_waiting();
        if (!cap_ref_is_live(ref)) error = -EBADF;
    }
    mutex->waiting--;
    if (!error) return take_locked(mutex);
    if (!mutex->owner) wait_queue_wake_one(&mutex->waiters);
    return error;
}

int64_t mutex_lock(const struct cap_ref *ref, uint64_t deadline) {
    struct mutex *mutex = mutex_of(ref->object);
    int64_t result;
    spinlock_acquire(&mutex->ipc.lock);
    if (!cap_ref_is_live(ref))
        result = -EBADF;
    else if (!mutex->owner)
        result = take_locked(mutex);
    else
        result = wait_and_take_locked(mutex, ref, deadline);
    spinlock_release(&mutex->ipc.lock);
    return result;
}

int64_t mutex_unlock(const struct cap_ref *ref) {
    struct mutex *mutex = mutex_of(ref->object);
    struct thread *self = thread_current();
    int error = 0;
    spinlock_acquire(&mutex->ipc.lock);
    if (!cap_ref_is_live(ref)) {
        error = -EBADF;
    } else if (mutex->owner != self) {
        error = -EPERM;
    } else if (mutex->waiting == 0) {
        __atomic_store_n(&mutex->owner, NULL, __ATOMIC_RELAXED);
    } else {
        set_owner_locked(mutex, NULL, 0);
        wait_queue_wake_one(&mutex->waiters);
    }
    bool is_last = !error && __atomic_sub_fetch(&self->mutexes_held, 1, __ATOMIC_RELAXED) == 0;
    spinlock_release(&mutex->ipc.lock);
    if (is_last && self->priority != self->own_priority) thread_return_priority();
    return error;
}

bool mutex_is_mine(const struct cap_ref *ref) {
    return __atomic_load_n(&mutex_of(ref->object)->owner, __ATOMIC_RELAXED) == thread_current();
}
