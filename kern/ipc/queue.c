// SPDX-License-Identifier: MIT
// Message queues: by priority, and by arrival within one. All memory is taken when a queue is made,
// so sending never fails for want of it. Messages are copied under the queue's lock by copies that
// do not fault, as pipes do: a bad address moves nothing.

#include "abi/errno.h"
#include "cap/account.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/object_cache.h"
#include "mem/page.h"
#include "mem/uaccess.h"

#define PAGES_MAX 32

struct message {
    struct list node;
    uint32_t size, priority;
    char bytes[];
};

_Static_assert((QUEUE_MESSAGES_MAX + PAGE_SIZE / (sizeof(struct message) + QUEUE_SIZE_MAX) - 1) /
                       (PAGE_SIZE / (sizeof(struct message) + QUEUE_SIZE_MAX)) <=
                   PAGES_MAX,
               "the largest queue fits");

struct queue {
    struct ipc_object ipc;
    uint32_t size_max;  // of a message
    uint32_t count;     // of messages that wait
    struct list free;   // of messages
    struct list filled; // the same, in the order in which they will be received
    struct wait_queue senders, receivers;
    uint32_t page_count;
    void *pages[PAGES_MAX];
};

static struct object_cache cache;

static struct queue *queue_of(const struct object *object) {
    return container_of(object, struct queue, ipc.object);
}

static void queue_destroy(struct object *object) {
    struct queue *queue = queue_of(object);
    account_release_kernel_pages(object->account, queue->page_count);
    while (queue->page_count > 0) page_put(queue->pages[--queue->page_count]);
    object_free(object);
}

static void queue_describe(const struct object *object, char *name, size_t size) {
    const struct queue *queue = queue_of(object);
    format_string(name, size, "queue with %u messages",
                  __atomic_load_n(&queue->count, __ATOMIC_RELAXED));
}

static const struct object_type type = {
    .name = "queue",
    .cache = &cache,
    .code = CAP_TYPE_QUEUE,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = queue_destroy,
    .settle = ipc_settle,
    .describe = queue_describe,
};

void queue_init(void) {
    object_cache_init(&cache, "queue", sizeof(struct queue));
    object_type_register(&type);
}

// ---- Creation ----------------------------------------------------------------------------------

// Cuts pages into messages until there are enough. False when memory or the account is exhausted.
static bool add_messages(struct queue *queue, uint32_t messages) {
    size_t step = (sizeof(struct message) + queue->size_max + 7) & ~(size_t)7;
    while (messages > 0) {
        struct account *account = queue->ipc.object.account;
        if (!account_charge_kernel_pages(account, 1)) return false;
        char *page = page_alloc();
        if (!page) {
            account_release_kernel_pages(account, 1);
            return false;
        }
        queue->pages[queue->page_count++] = page;
        for (size_t at = 0; at + step <= PAGE_SIZE && messages > 0; at += step, messages--)
            list_push_back(&queue->free, &((struct message *)(page + at))->node);
    }
    return true;
}

struct object *queue_create(uint32_t messages, uint32_t size) {
    struct object *object = ipc_create(&type);
    if (!object) return NULL;
    struct queue *queue = queue_of(object);
    list_init(&queue->free);
    list_init(&queue->filled);
    wait_queue_init(&queue->senders);
    wait_queue_init(&queue->receivers);
    queue->size_max = size;
    if (add_messages(queue, messages)) return object;
    object_put(object);
    return NULL;
}

// ---- Under the lock ----------------------------------------------------------------------------

static struct message *first_of(const struct list *list) {
    return list_is_empty(list) ? NULL : container_of(list->next, struct message, node);
}

static void insert_locked(struct queue *queue, struct message *message) {
    struct list *after = queue->filled.previous;
    while (after != &queue->filled &&
           container_of(after, struct message, node)->priority < message->priority)
        after = after->previous;
    list_insert_after(after, &message->node);
    __atomic_store_n(&queue->count, queue->count + 1, __ATOMIC_RELAXED);
}

// Whoever leaves passes on what it has not used.
static void wake_others_locked(struct queue *queue) {
    if (!list_is_empty(&queue->filled)) wait_queue_wake_one(&queue->receivers);
    if (!list_is_empty(&queue->free)) wait_queue_wake_one(&queue->senders);
}

// Waits until a list has a message: 0 and the message, or an error.
static int wait_for_message_locked(struct queue *queue, const struct list *list,
                                   struct wait_queue *waiters, const struct cap_ref *ref,
                                   uint64_t deadline, struct message **message) {
    for (;;) {
        if (!cap_ref_is_live(ref)) return -EBADF;
        if ((*message = first_of(list))) return 0;
        int error = ipc_sleep(&queue->ipc, waiters, ref, deadline);
        if (error) return error;
    }
}

// Gets at a missing page of user memory; after that everything may have changed.
static int fault_in(struct queue *queue, uint64_t address, bool write) {
    spinlock_release(&queue->ipc.lock);
    int error = user_fault_in(address, write);
    spinlock_acquire(&queue->ipc.lock);
    return error;
}

// ---- Sending and receiving ---------------------------------------------------------------------

int64_t queue_send(const struct cap_ref *ref, uint64_t buffer, uint64_t size, uint32_t priority,
                   uint64_t deadline) {
    struct queue *queue = queue_of(ref->object);
    struct message *message;
    if (size > queue->size_max) return -EMSGSIZE;
    if (!user_range_is_valid(buffer, size)) return -EFAULT;
    spinlock_acquire(&queue->ipc.lock);
    int error;
    while (!(error = wait_for_message_locked(queue, &queue->free, &queue->senders, ref, deadline,
                                             &message))) {
        size_t copied = copy_from_user_atomic(message->bytes, buffer, size);
        if (copied == size) break;
        if ((error = fault_in(queue, buffer + copied, false))) break;
    }
    if (!error) {
        list_remove(&message->node);
        message->size = (uint32_t)size;
        message->priority = priority;
        insert_locked(queue, message);
    }
    wake_others_locked(queue);
    spinlock_release(&queue->ipc.lock);
    return error;
}

// Copies a message out: whether all of it was; if not, the address that must be made accessible.
static bool copy_out_locked(const struct message *message, uint64_t buffer, uint64_t user_priority,
                            uint64_t *missing) {
    size_t copied = copy_to_user_atomic(buffer, message->bytes, message->size);
    *missing = buffer + copied;
    if (copied < message->size) return false;
    if (!user_priority) return true; // the receiver does not want to know
    copied = copy_to_user_atomic(user_priority, &message->priority, sizeof(uint32_t));
    *missing = user_priority + copied;
    return copied == sizeof(uint32_t);
}

int64_t queue_receive(const struct cap_ref *ref, uint64_t buffer, uint64_t size,
                      uint64_t user_priority, uint64_t deadline) {
    struct queue *queue = queue_of(ref->object);
    struct message *message;
    uint64_t missing;
    if (size < queue->size_max) return -EMSGSIZE;
    if (!user_range_is_valid(buffer, queue->size_max)) return -EFAULT;
    if (!user_range_is_valid(user_priority, sizeof(uint32_t))) return -EFAULT;
    spinlock_acquire(&queue->ipc.lock);
    int64_t result;
    while (!(result = wait_for_message_locked(queue, &queue->filled, &queue->receivers, ref,
                                              deadline, &message)) &&
           !copy_out_locked(message, buffer, user_priority, &missing))
        if ((result = fault_in(queue, missing, true))) break;
    if (!result) {
        result = message->size;
        list_remove(&message->node);
        list_push_back(&queue->free, &message->node);
        __atomic_store_n(&queue->count, queue->count - 1, __ATOMIC_RELAXED);
    }
    wake_others_locked(queue);
    spinlock_release(&queue->ipc.lock);
    return result;
}
