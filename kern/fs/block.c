// SPDX-License-Identifier: MIT
// The list of block devices, which is written at boot only, and transfers that are waited for.

#include "fs/block.h"
#include "abi/errno.h"
#include "sched/wait_queue.h"

static struct block_device *first_device;

void block_device_register(struct block_device *device) {
    struct block_device **end = &first_device;
    while (*end) end = &(*end)->next;
    device->next = NULL;
    *end = device;
}

struct block_device *block_device_first(void) {
    return first_device;
}

struct block_wait {
    struct spinlock lock;
    struct wait_queue waiters;
    bool is_done;
};

static void wait_done(struct block_request *request) {
    struct block_wait *wait = request->owner;
    spinlock_acquire(&wait->lock);
    wait->is_done = true;
    wait_queue_wake_all(&wait->waiters);
    spinlock_release(&wait->lock);
}

int block_transfer_and_wait(struct block_device *device, enum block_request_kind kind,
                            uint64_t block, void *page) {
    if (kind != BLOCK_FLUSH && block >= device->block_count) return -EIO;
    if (kind == BLOCK_WRITE && device->is_read_only) return -EIO;
    struct block_wait wait = {.lock = SPINLOCK_INIT(LOCK_BLOCK_WAIT)};
    wait_queue_init(&wait.waiters);
    struct block_request request = {
        .kind = kind, .block = block, .page = page, .done = wait_done, .owner = &wait};
    device->operations->submit(device, &request);
    spinlock_acquire(&wait.lock);
    while (!wait.is_done) wait_queue_sleep_unkillable(&wait.waiters, &wait.lock);
    spinlock_release(&wait.lock);
    return request.result;
}
