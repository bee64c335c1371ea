// SPDX-License-Identifier: MIT
// virtio over MMIO, version 2, with split virtqueues. The list of devices is filled at boot and
// constant from then on; a queue is guarded by its owner's lock.
#include "dev/virtio.h"

#include "dev/device_tree.h"
#include "lib/print.h"
#include "mem/page.h"

// Registers (chapter 4.2.2).
#define REGISTER_MAGIC            0x000
#define REGISTER_VERSION          0x004
#define REGISTER_DEVICE_ID        0x008
#define REGISTER_DEVICE_FEATURES  0x010
#define REGISTER_DEVICE_SELECT    0x014
#define REGISTER_DRIVER_FEATURES  0x020
#define REGISTER_DRIVER_SELECT    0x024
#define REGISTER_QUEUE_SELECT     0x030
#define REGISTER_QUEUE_MAX        0x034
#define REGISTER_QUEUE_SIZE       0x038
#define REGISTER_QUEUE_READY      0x044
#define REGISTER_QUEUE_NOTIFY     0x050
#define REGISTER_INTERRUPT_STATUS 0x060
#define REGISTER_INTERRUPT_ACK    0x064
#define REGISTER_STATUS           0x070
#define REGISTER_DESCRIPTORS      0x080 // 64 bits, low word first
#define REGISTER_AVAILABLE        0x090
#define REGISTER_USED             0x0a0
#define REGISTERS_SIZE            0x100

#define VIRTIO_MAGIC   0x74726976 // "virt"
#define VIRTIO_VERSION 2

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER      2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_FAILED      128

#define FEATURE_VERSION_1 ((uint64_t)1 << 32)

#define RESET_POLLS 1000000

// Rings (chapter 2.7).
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
#define QUEUE_FULL       ((1u << VIRTIO_QUEUE_SIZE) - 1)

_Static_assert(sizeof(struct virtio_descriptor) * VIRTIO_QUEUE_SIZE <= AVAILABLE_OFFSET &&
                   sizeof(struct virtio_available_ring) <= USED_OFFSET - AVAILABLE_OFFSET &&
                   sizeof(struct virtio_used_ring) <= PAGE_SIZE - USED_OFFSET,
               "a queue fills one page");
_Static_assert(VIRTIO_QUEUE_SIZE <= 31, "in_flight has a bit for each descriptor");

static struct virtio_device devices[VIRTIO_DEVICES_MAX]; // in ascending order of address
static uint32_t device_count;

static uint32_t register_read(const struct virtio_device *device, uint32_t offset) {
    return *(volatile uint32_t *)(device->registers + offset);
}

static void register_write(const struct virtio_device *device, uint32_t offset, uint32_t value) {
    *(volatile uint32_t *)(device->registers + offset) = value;
}

static void register_write_address(const struct virtio_device *device, uint32_t offset,
                                   const volatile void *address) {
    uint64_t physical = direct_to_physical((const void *)address);
    register_write(device, offset, (uint32_t)physical);
    register_write(device, offset + 4, (uint32_t)(physical >> 32));
}

// ---- Discovery ---------------------------------------------------------------------------------

static void device_add(const struct virtio_device *device) {
    uint32_t place = device_count;
    if (device_count == VIRTIO_DEVICES_MAX) {
        kprintf("virtio: more than %d devices, one is left out\n", VIRTIO_DEVICES_MAX);
        if (devices[--place].registers < device->registers) return;
    } else {
        device_count++;
    }
    for (; place > 0 && devices[place - 1].registers > device->registers; place--)
        devices[place] = devices[place - 1];
    devices[place] = *device;
}

static bool node_irq(const struct tree_node *node, uint32_t *irq) {
    uint32_t cells[4], count = 0, parent = 0;
    while (count < 4 && device_tree_cell(node, "interrupts", count, &cells[count])) count++;
    device_tree_cell(node, "interrupt-parent", 0, &parent);
    if (count > 0) *irq = arch_irq_from_cells(cells, count, parent);
    return count > 0;
}

static bool node_visit(void *context, const struct tree_node *node) {
    struct virtio_device device;
    uint64_t address, size;
    (void)context;
    if (!device_tree_is_compatible(node, "virtio,mmio") ||
        !device_tree_reg(node, 0, &address, &size) || size < REGISTERS_SIZE || address % 4 != 0)
        return true;
    device.registers = (uint64_t)physical_to_direct(address);
    if (register_read(&device, REGISTER_MAGIC) != VIRTIO_MAGIC) return true;
    device.id = register_read(&device, REGISTER_DEVICE_ID);
    uint32_t version = register_read(&device, REGISTER_VERSION);
    if (device.id == 0) // an empty slot
        return true;
    if (version != VIRTIO_VERSION)
        kprintf("virtio: device %u at %lx has version %u, not %u: start QEMU with "
                "-global virtio-mmio.force-legacy=false\n",
                device.id, address, version, VIRTIO_VERSION);
    else if (!node_irq(node, &device.irq))
        kprintf("virtio: device %u at %lx has no interrupt\n", device.id, address);
    else
        device_add(&device);
    return true;
}

void virtio_discover(const void *device_tree) {
    if (device_tree != NULL) device_tree_walk(device_tree, node_visit, NULL);
}

struct virtio_device *virtio_find(uint32_t id, uint32_t nth) {
    for (uint32_t i = 0; i < device_count; i++) {
        if (devices[i].id == id && nth-- == 0) return &devices[i];
    }
    return NULL;
}

// ---- Starting a device -------------------------------------------------------------------------

static uint64_t device_features(const struct virtio_device *device) {
    register_write(device, REGISTER_DEVICE_SELECT, 0);
    uint64_t features = register_read(device, REGISTER_DEVICE_FEATURES);
    register_write(device, REGISTER_DEVICE_SELECT, 1);
    return features | (uint64_t)register_read(device, REGISTER_DEVICE_FEATURES) << 32;
}

bool virtio_begin(struct virtio_device *device, uint64_t features) {
    register_write(device, REGISTER_STATUS, 0);
    for (int i = 0; register_read(device, REGISTER_STATUS) != 0; i++) {
        if (i == RESET_POLLS) return false;
        arch_cpu_relax();
    }
    register_write(device, REGISTER_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    features |= FEATURE_VERSION_1;
    if ((device_features(device) & features) == features) {
        register_write(device, REGISTER_DRIVER_SELECT, 0);
        register_write(device, REGISTER_DRIVER_FEATURES, (uint32_t)features);
        register_write(device, REGISTER_DRIVER_SELECT, 1);
        register_write(device, REGISTER_DRIVER_FEATURES, (uint32_t)(features >> 32));
        register_write(device, REGISTER_STATUS,
                       STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
        if (register_read(device, REGISTER_STATUS) & STATUS_FEATURES_OK) return true;
    }
    virtio_fail(device);
    return false;
}

void virtio_fail(struct virtio_device *device) {
    register_write(device, REGISTER_STATUS, STATUS_FAILED);
}

bool virtio_queue_init(struct virtio_queue *queue, struct virtio_device *device, uint32_t index) {
    register_write(device, REGISTER_QUEUE_SELECT, index);
    if (register_read(device, REGISTER_QUEUE_READY) != 0 ||
        register_read(device, REGISTER_QUEUE_MAX) < VIRTIO_QUEUE_SIZE)
        return false;
    char *page = page_alloc_zeroed();
    if (page == NULL) return false;
    *queue = (struct virtio_queue){
        .device = device,
        .index = index,
        .descriptors = (struct virtio_descriptor *)page,
        .available = (struct virtio_available_ring *)(page + AVAILABLE_OFFSET),
        .used = (struct virtio_used_ring *)(page + USED_OFFSET),
    };
    register_write(device, REGISTER_QUEUE_SIZE, VIRTIO_QUEUE_SIZE);
    register_write_address(device, REGISTER_DESCRIPTORS, queue->descriptors);
    register_write_address(device, REGISTER_AVAILABLE, queue->available);
    register_write_address(device, REGISTER_USED, queue->used);
    register_write(device, REGISTER_QUEUE_READY, 1);
    return true;
}

void virtio_ready(struct virtio_device *device) {
    register_write(device, REGISTER_STATUS,
                   STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

// ---- Queues ------------------------------------------------------------------------------------

void virtio_queue_silence(struct virtio_queue *queue) {
    queue->available->flags = AVAILABLE_NO_INTERRUPT;
}

int virtio_queue_add(struct virtio_queue *queue, void *buffer, uint32_t size, bool device_writes) {
    if (queue->broken || queue->in_flight == QUEUE_FULL) return -1;
    uint16_t descriptor = (uint16_t)__builtin_ctz(~queue->in_flight);
    queue->in_flight |= 1u << descriptor;
    queue->writable[descriptor] = device_writes ? size : 0;
    queue->descriptors[descriptor] = (struct virtio_descriptor){
        .address = direct_to_physical(buffer),
        .size = size,
        .flags = device_writes ? DESCRIPTOR_DEVICE_WRITES : 0,
    };
    struct virtio_available_ring *available = queue->available;
    available->ring[available->index % VIRTIO_QUEUE_SIZE] = descriptor;
    arch_write_memory_barrier(); // the device reads the entry once it sees the index
    *(volatile uint16_t *)&available->index = (uint16_t)(available->index + 1);
    return descriptor;
}

void virtio_notify(struct virtio_queue *queue) {
    arch_memory_barrier(); // the index before the notification
    register_write(queue->device, REGISTER_QUEUE_NOTIFY, queue->index);
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
    if (descriptor >= VIRTIO_QUEUE_SIZE || !(queue->in_flight >> descriptor & 1))
        return queue_fail(queue, "a buffer came back that was not sent");
    if (size > queue->writable[descriptor])
        return queue_fail(queue, "a buffer came back with more than it holds");
    queue->used_seen++;
    queue->in_flight &= ~(1u << descriptor);
    *written = size;
    return (int)descriptor;
}

uint32_t virtio_acknowledge(struct virtio_device *device) {
    uint32_t status = register_read(device, REGISTER_INTERRUPT_STATUS);
    register_write(device, REGISTER_INTERRUPT_ACK, status);
    return status;
}
