// SPDX-License-Identifier: MIT
// virtio (Virtual I/O Device Specification 1.2, chapter 2): devices, found in the device tree, and
// their split virtqueues of one page. How a device is reached its transport knows; there is one,
// for memory-mapped registers (virtio_mmio.c). Each device's owner guards its queues. What the
// device writes is not trusted.
#pragma once

#include "abi/types.h"

#define VIRTIO_ID_BLOCK    2
#define VIRTIO_ID_CONSOLE  3
#define VIRTIO_ID_ENTROPY  4
#define VIRTIO_DEVICES_MAX 8
#define VIRTIO_QUEUE_SIZE  32

struct virtio_device {
    const struct virtio_transport *transport;
    uint64_t registers; // virtual address
    uint32_t irq;
    uint32_t id;
    uint64_t features; // that have been agreed upon
};

// Where the parts of a queue lie, in physical addresses.
struct virtio_queue_place {
    uint32_t size; // descriptors
    uint64_t descriptors, available, used;
};

struct virtio_transport {
    uint64_t (*features)(const struct virtio_device *device); // that the device offers
    void (*set_features)(const struct virtio_device *device, uint64_t features);
    uint32_t (*status)(const struct virtio_device *device);
    void (*set_status)(const struct virtio_device *device, uint32_t status);
    // False if the device has no such queue, or a smaller one.
    bool (*place_queue)(const struct virtio_device *device, uint32_t index,
                        const struct virtio_queue_place *place);
    void (*notify)(const struct virtio_device *device, uint32_t queue);
    uint32_t (*acknowledge)(const struct virtio_device *device);             // the interrupt status
    uint32_t (*config)(const struct virtio_device *device, uint32_t offset); // 32 bits of it
};

extern const struct virtio_transport virtio_mmio_transport;

struct virtio_descriptor;
struct virtio_available_ring;
struct virtio_used_ring;

struct virtio_queue {
    struct virtio_device *device;
    uint32_t index;
    uint32_t in_flight;                   // bit per descriptor that the device has
    uint32_t in_use;                      // how many these are
    uint32_t heads;                       // those of them that are the first of their chain
    int8_t next[VIRTIO_QUEUE_SIZE];       // in the chain, or -1
    uint32_t writable[VIRTIO_QUEUE_SIZE]; // how much of a chain the device may write
    uint16_t used_seen;                   // how much of the used ring has been taken
    bool broken; // the device made no sense: nothing goes in or out any more
    struct virtio_descriptor *descriptors;   // these three lie in one page
    struct virtio_available_ring *available; // written by the driver
    volatile struct virtio_used_ring *used;  // written by the device
};

// Finds every populated virtio-mmio slot, in ascending order of address. A device that is not
// version 2 is reported in the log and left out.
void virtio_discover(const void *device_tree);

// The `nth` device with this id, or NULL.
struct virtio_device *virtio_find(uint32_t id, uint32_t nth);

// Resets the device and negotiates VIRTIO_F_VERSION_1, all `needed` features, and those `wanted`
// that there are. False if it refuses.
bool virtio_begin(struct virtio_device *device, uint64_t needed, uint64_t wanted);
bool virtio_queue_init(struct virtio_queue *queue, struct virtio_device *device, uint32_t index);
void virtio_ready(struct virtio_device *device);
// Tells the device that its driver has given up.
void virtio_fail(struct virtio_device *device);

// Asks the device not to interrupt for this queue; it may do so all the same.
void virtio_queue_silence(struct virtio_queue *queue);

// Offers one buffer in kernel memory of the direct map; device_writes tells its direction. The
// lowest free descriptor, or -1 if the queue is full or broken. virtio_notify() tells the device.
int virtio_queue_add(struct virtio_queue *queue, void *buffer, uint32_t size, bool device_writes);
void virtio_notify(struct virtio_queue *queue);

// The same for buffers that belong together; first those that the device reads.
struct virtio_buffer {
    void *memory;
    uint32_t size;
    bool device_writes;
};
int virtio_queue_add_chain(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                           uint32_t count);

// 64 bits of the device's configuration.
uint64_t virtio_config_read(const struct virtio_device *device, uint32_t offset);

// The next finished buffer or chain: its (first) descriptor, now free again, and in *written how
// many bytes the device wrote; -1 if there is none or what the device says makes no sense.
int virtio_queue_take(struct virtio_queue *queue, uint32_t *written);

// Reads and acknowledges the interrupt status.
uint32_t virtio_acknowledge(struct virtio_device *device);
