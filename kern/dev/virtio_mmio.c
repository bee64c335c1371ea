// SPDX-License-Identifier: MIT
// virtio over MMIO, version 2 (Virtual I/O Device Specification 1.2, chapter 4.2): finding devices
// in the device tree, and the way to their registers. The list of devices is filled at boot and
// constant from then on.
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
#define REGISTER_CONFIG           0x100
#define REGISTERS_SIZE            0x100

#define VIRTIO_MAGIC   0x74726976 // "virt"
#define VIRTIO_VERSION 2

static struct virtio_device devices[VIRTIO_DEVICES_MAX]; // in ascending order of address
static uint32_t device_count;

static uint32_t register_read(const struct virtio_device *device, uint32_t offset) {
    return *(volatile uint32_t *)(device->registers + offset);
}

static void register_write(const struct virtio_device *device, uint32_t offset, uint32_t value) {
    *(volatile uint32_t *)(device->registers + offset) = value;
}

static void register_write_address(const struct virtio_device *device, uint32_t offset,
                                   uint64_t physical) {
    register_write(device, offset, (uint32_t)physical);
    register_write(device, offset + 4, (uint32_t)(physical >> 32));
}

// ---- The transport -----------------------------------------------------------------------------

static uint64_t mmio_features(const struct virtio_device *device) {
    register_write(device, REGISTER_DEVICE_SELECT, 0);
    uint64_t features = register_read(device, REGISTER_DEVICE_FEATURES);
    register_write(device, REGISTER_DEVICE_SELECT, 1);
    return features | (uint64_t)register_read(device, REGISTER_DEVICE_FEATURES) << 32;
}

static void mmio_set_features(const struct virtio_device *device, uint64_t features) {
    register_write(device, REGISTER_DRIVER_SELECT, 0);
    register_write(device, REGISTER_DRIVER_FEATURES, (uint32_t)features);
    register_write(device, REGISTER_DRIVER_SELECT, 1);
    register_write(device, REGISTER_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint32_t mmio_status(const struct virtio_device *device) {
    return register_read(device, REGISTER_STATUS);
}

static void mmio_set_status(const struct virtio_device *device, uint32_t status) {
    register_write(device, REGISTER_STATUS, status);
}

static bool mmio_place_queue(const struct virtio_device *device, uint32_t index,
                             const struct virtio_queue_place *place) {
    register_write(device, REGISTER_QUEUE_SELECT, index);
    if (register_read(device, REGISTER_QUEUE_READY) != 0 ||
        register_read(device, REGISTER_QUEUE_MAX) < place->size)
        return false;
    register_write(device, REGISTER_QUEUE_SIZE, place->size);
    register_write_address(device, REGISTER_DESCRIPTORS, place->descriptors);
    register_write_address(device, REGISTER_AVAILABLE, place->available);
    register_write_address(device, REGISTER_USED, place->used);
    register_write(device, REGISTER_QUEUE_READY, 1);
    return true;
}

static void mmio_notify(const struct virtio_device *device, uint32_t queue) {
    register_write(device, REGISTER_QUEUE_NOTIFY, queue);
}

static uint32_t mmio_acknowledge(const struct virtio_device *device) {
    uint32_t status = register_read(device, REGISTER_INTERRUPT_STATUS);
    register_write(device, REGISTER_INTERRUPT_ACK, status);
    return status;
}

static uint32_t mmio_config(const struct virtio_device *device, uint32_t offset) {
    return register_read(device, REGISTER_CONFIG + offset);
}

const struct virtio_transport virtio_mmio_transport = {
    .features = mmio_features,
    .set_features = mmio_set_features,
    .status = mmio_status,
    .set_status = mmio_set_status,
    .place_queue = mmio_place_queue,
    .notify = mmio_notify,
    .acknowledge = mmio_acknowledge,
    .config = mmio_config,
};

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
    struct virtio_device device = {.transport = &virtio_mmio_transport};
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
