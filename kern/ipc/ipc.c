// SPDX-License-Identifier: MIT
// What all objects of this room share: waiting and settling.

#include "ipc/ipc.h"
#include "abi/errno.h"
#include "cap/account.h"

void ipc_init(void) {
    semaphore_init();
    barrier_init();
    mutex_init();
    condition_init();
    rwlock_init();
    queue_init();
    timer_init();
}

struct object *ipc_create(const struct object_type *type) {
    struct object *object = object_create(type, account_current());
    if (object)
        spinlock_init(&container_of(object, struct ipc_object, object)->lock, LOCK_IPC_OBJECT);
    return object;
}

void ipc_settle(struct object *object) {
    struct ipc_object *ipc = container_of(object, struct ipc_object, object);
    spinlock_acquire(&ipc->lock);
    spinlock_release(&ipc->lock);
}

int ipc_sleep(struct ipc_object *object, struct wait_queue *queue, const struct cap_ref *ref,
              uint64_t deadline) {
    if (deadline == 0) return -ETIMEDOUT;
    switch (cap_ref_sleep(ref, queue, &object->lock, deadline)) {
    case WAKE_EVENT: return 0;
    case WAKE_TIMEOUT: return -ETIMEDOUT;
    case WAKE_REVOKED: return -EBADF;
    default: return -EINTR;
    }
}
