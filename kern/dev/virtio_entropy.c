// SPDX-License-Identifier: MIT
// The virtio entropy device. Its lock guards the queue, and the one buffer while the device does
// not have it.
#include "dev/virtio_entropy.h"

#include "dev/interrupt.h"
#include "dev/virtio.h"
#include "mem/page.h"
#include "sync/lock.h"

#define REQUEST_SIZE 64

static struct spinlock lock = SPINLOCK_INIT(LOCK_VIRTIO);
static struct virtio_device *device; // NULL: there is none
static struct virtio_queue queue;
static uint8_t *buffer;
static bool is_asked;
static void (*taker)(const void *bytes, size_t size);

void virtio_entropy_ask(void) {
    if (!device) return;
    spinlock_acquire(&lock);
    if (!is_asked && virtio_queue_add(&queue, buffer, REQUEST_SIZE, true) >= 0) {
        is_asked = true;
        virtio_notify(&queue);
    }
    spinlock_release(&lock);
}

static void entropy_interrupt(void *context) {
    uint32_t written;
    (void)context;
    virtio_acknowledge(device);
    spinlock_acquire(&lock);
    if (virtio_queue_take(&queue, &written) >= 0) {
        taker(buffer, written);
        is_asked = false;
    }
    spinlock_release(&lock);
}

void virtio_entropy_init(void (*take)(const void *bytes, size_t size)) {
    struct virtio_device *found = virtio_find(VIRTIO_ID_ENTROPY, 0);
    if (!found || !virtio_begin(found, 0, 0) || !virtio_queue_init(&queue, found, 0)) return;
    buffer = page_alloc();
    if (!buffer) return virtio_fail(found);
    taker = take;
    device = found;
    interrupt_register(found->irq, entropy_interrupt, NULL);
    virtio_ready(found);
    virtio_entropy_ask();
}
