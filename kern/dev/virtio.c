// SPDX-License-Identifier: MIT
// virtio devices and their split virtqueues, whatever they are reached through. A queue is guarded
// by its owner's lock.
#include "dev/virtio.h"

#include "lib/print.h"
#include "mem/page.h"

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER      2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_FAILED      128

#define FEATURE_VERSION_1 ((uint64_t)1 << 32)

#define RESET_POLLS 1000000

// Rings (chapter 2.7).
#define DESCRIPTOR_NEXT          1
#define DESCRIPTOR_DEVICE_WRITES 2
#define AVAILABLE_NO_INTERRUPT   1

struct virtio_descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};

struct virtio_available_ring {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[VIRTIO_QUEUE_SIZE];
    uint16_t used_event;
};

struct virtio_used_ring {
    uint16_t flags;
    uint16_t index;
    struct {
        uint32_t descriptor;
        uint32_t written;
    } ring[VIRTIO_QUEUE_SIZE];
    uint16_t available_event;
};

// How a queue lies in its page; the standard asks for alignment to 16, 2 and 4 bytes.
#define AVAILABLE_OFFSET 1024
#define USED_OFFSET      2048

_Static_assert(sizeof(struct virtio_descriptor) * VIRTIO_QUEUE_SIZE <= AVAILABLE_OFFSET &&
                   sizeof(struct virtio_available_ring) <= USED_OFFSET - AVAILABLE_OFFSET &&
                   sizeof(struct virtio_used_ring) <= PAGE_SIZE - USED_OFFSET,
               "a queue fills one page");
_Static_assert(VIRTIO_QUEUE_SIZE <= 32, "in_flight has a bit for each descriptor");

// ---- Starting a device -------------------------------------------------------------------------

bool virtio_begin(struct virtio_device *device, uint64_t needed, uint64_t wanted) {
    const struct virtio_transport *transport = device->transport;
    transport->set_status(device, 0);
    for (int i = 0; transport->status(device) != 0; i++) {
        if (i == RESET_POLLS) return false;
        arch_cpu_relax();
    }
    transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    needed |= FEATURE_VERSION_1;
    device->features = transport->features(device) & (needed | wanted);
    if ((device->features & needed) == needed) {
        transport->set_features(device, device->features);
        transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
        if (transport->status(device) & STATUS_FEATURES_OK) return true;
    }
    virtio_fail(device);
    return false;
}

void virtio_fail(struct virtio_device *device) {
    device->transport->set_status(device, STATUS_FAILED);
}

bool virtio_queue_init(struct virtio_queue *queue, struct virtio_device *device, uint32_t index) {
    char *page = page_alloc_zeroed();
    if (page == NULL) return false;
    *queue = (struct virtio_queue){
        .device = device,
        .index = index,
        .descriptors = (struct virtio_descriptor *)page,
        .available = (struct virtio_available_ring *)(page + AVAILABLE_OFFSET),
        .used = (struct virtio_used_ring *)(page + USED_OFFSET),
    };
    struct virtio_queue_place place = {
        .size = VIRTIO_QUEUE_SIZE,
        .descriptors = direct_to_physical(page),
        .available = direct_to_physical(page + AVAILABLE_OFFSET),
        .used = direct_to_physical(page + USED_OFFSET),
    };
    if (device->transport->place_queue(device, index, &place)) return true;
    page_put(page);
    return false;
}

void virtio_ready(struct virtio_device *device) {
    device->transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK |
                                              STATUS_DRIVER_OK);
}

uint64_t virtio_config_read(const struct virtio_device *device, uint32_t offset) {
    uint64_t low = device->transport->config(device, offset);
    return low | (uint64_t)device->transport->config(device, offset + 4) << 32;
}

// ---- Queues ------------------------------------------------------------------------------------

void virtio_queue_silence(struct virtio_queue *queue) {
    queue->available->flags = AVAILABLE_NO_INTERRUPT;
}

// Puts a descriptor that is free in front of a chain whose first is `next` (none: -1).
static int chain_add(struct virtio_queue *queue, const struct virtio_buffer *buffer, int next) {
    int descriptor = __builtin_ctz(~queue->in_flight);
    uint16_t flags = buffer->device_writes ? DESCRIPTOR_DEVICE_WRITES : 0;
    queue->in_flight |= 1u << descriptor;
    queue->in_use++;
    queue->next[descriptor] = (int8_t)next;
    queue->descriptors[descriptor] = (struct virtio_descriptor){
        .address = direct_to_physical(buffer->memory),
        .size = buffer->size,
        .flags = next < 0 ? flags : flags | DESCRIPTOR_NEXT,
        .next = next < 0 ? 0 : (uint16_t)next,
    };
    return descriptor;
}

static void chain_free(struct virtio_queue *queue, int descriptor) {
    queue->heads &= ~(1u << descriptor);
    for (; descriptor >= 0; descriptor = queue->next[descriptor], queue->in_use--)
        queue->in_flight &= ~(1u << descriptor);
}

int virtio_queue_add_chain(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                           uint32_t count) {
    uint32_t writable = 0;
    int first = -1;
    if (queue->broken || VIRTIO_QUEUE_SIZE - queue->in_use < count) return -1;
    while (count-- > 0) {
        first = chain_add(queue, &buffers[count], first);
        writable += buffers[count].device_writes ? buffers[count].size : 0;
    }
    queue->heads |= 1u << first;
    queue->writable[first] = writable;
    struct virtio_available_ring *available = queue->available;
    available->ring[available->index % VIRTIO_QUEUE_SIZE] = (uint16_t)first;
    arch_write_memory_barrier(); // the device reads the entry once it sees the index
    *(volatile uint16_t *)&available->index = (uint16_t)(available->index + 1);
    return first;
}

int virtio_queue_add(struct virtio_queue *queue, void *buffer, uint32_t size, bool device_writes) {
    struct virtio_buffer single = {buffer, size, device_writes};
    return virtio_queue_add_chain(queue, &single, 1);
}

void virtio_notify(struct virtio_queue *queue) {
    arch_memory_barrier(); // the index before the notification
    queue->device->transport->notify(queue->device, queue->index);
}

static int queue_fail(struct virtio_queue *queue, const char *what) {
    queue->broken = true;
    kprintf("virtio: queue %u of device %u is out of use: %s\n", queue->index, queue->device->id,
            what);
    return -1;
}

int virtio_queue_take(struct virtio_queue *queue, uint32_t *written) {
    uint16_t finished = (uint16_t)(queue->used->index - queue->used_seen);
    if (queue->broken || finished == 0) return -1;
    if (finished > VIRTIO_QUEUE_SIZE)
        return queue_fail(queue, "more buffers came back than were sent");
    arch_read_memory_barrier(); // the index before the entry
    uint32_t place = queue->used_seen % VIRTIO_QUEUE_SIZE;
    // Each word is read once: what has been checked must not change.
    uint32_t descriptor = queue->used->ring[place].descriptor;
    uint32_t size = queue->used->ring[place].written;
    if (descriptor >= VIRTIO_QUEUE_SIZE || !(queue->heads >> descriptor & 1))
        return queue_fail(queue, "a buffer came back that was not sent");
    if (size > queue->writable[descriptor])
        return queue_fail(queue, "a buffer came back with more than it holds");
    queue->used_seen++;
    chain_free(queue, (int)descriptor);
    *written = size;
    return (int)descriptor;
}

uint32_t virtio_acknowledge(struct virtio_device *device) {
    return device->transport->acknowledge(device);
}
