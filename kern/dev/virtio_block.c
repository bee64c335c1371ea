// SPDX-License-Identifier: MIT
// virtio disks. Each one's lock guards its queue and its slots, of which every request in flight
// has one: the header that the device reads and the status that it writes lie there. What does not
// find a slot waits for one.
#include "dev/virtio_block.h"

#include "abi/errno.h"
#include "dev/interrupt.h"
#include "dev/virtio.h"
#include "fs/block.h"
#include "lib/print.h"
#include "mem/page.h"
#include "sched/wait_queue.h"

#define DISKS_MAX         2
#define SECTOR_SIZE       512
#define SECTORS_PER_BLOCK (BLOCK_SIZE / SECTOR_SIZE)
#define CONFIG_CAPACITY   0 // in sectors

#define FEATURE_READ_ONLY ((uint64_t)1 << 5)
#define FEATURE_FLUSH     ((uint64_t)1 << 9)

enum block_command { COMMAND_READ = 0, COMMAND_WRITE = 1, COMMAND_FLUSH = 4 };

#define STATUS_GOOD    0
#define STATUS_MISSING 0xff // what no device writes

struct block_header {
    uint32_t command;
    uint32_t reserved;
    uint64_t sector;
};

// In memory that the device sees.
struct block_slot {
    struct block_header header;
    volatile uint8_t status;
    uint8_t padding[7];
    struct block_request *request; // NULL: the slot is free
};

#define SLOTS (VIRTIO_QUEUE_SIZE / 2) // a request is a chain of two descriptors at least

struct virtio_disk {
    struct block_device block;
    struct spinlock lock;
    struct virtio_device *device;
    struct virtio_queue queue;
    struct wait_queue waiters;                   // for a slot
    struct block_slot *slots;                    // SLOTS in one page
    struct block_slot *owner[VIRTIO_QUEUE_SIZE]; // of a chain, by its first descriptor
    char name[8];
};

static struct virtio_disk disks[DISKS_MAX];

// ---- Requests ----------------------------------------------------------------------------------

static uint32_t count_blocks(const struct block_request *request) {
    uint32_t count = 0;
    for (; request && request->kind != BLOCK_FLUSH; request = request->more) count++;
    return count;
}

static struct block_slot *find_slot_locked(struct virtio_disk *disk, uint32_t blocks) {
    if (VIRTIO_QUEUE_SIZE - disk->queue.in_use < blocks + 2) return NULL;
    for (uint32_t i = 0; i < SLOTS; i++)
        if (!disk->slots[i].request) return &disk->slots[i];
    return NULL;
}

// Hands a request to the device. False if its queue is out of use.
static bool start_locked(struct virtio_disk *disk, struct block_slot *slot,
                         struct block_request *request) {
    static const uint32_t commands[] = {
        [BLOCK_READ] = COMMAND_READ, [BLOCK_WRITE] = COMMAND_WRITE, [BLOCK_FLUSH] = COMMAND_FLUSH};
    struct virtio_buffer buffers[BLOCKS_TOGETHER + 2] = {
        {&slot->header, sizeof(slot->header), false}};
    uint32_t count = 1;
    for (struct block_request *part = request; part && part->page; part = part->more)
        buffers[count++] = (struct virtio_buffer){part->page, BLOCK_SIZE, part->kind == BLOCK_READ};
    buffers[count++] = (struct virtio_buffer){(void *)&slot->status, 1, true};
    slot->header = (struct block_header){
        .command = commands[request->kind],
        .sector = request->kind == BLOCK_FLUSH ? 0 : request->block * SECTORS_PER_BLOCK,
    };
    slot->status = STATUS_MISSING;
    int first = virtio_queue_add_chain(&disk->queue, buffers, count);
    if (first < 0) return false;
    disk->owner[first] = slot;
    slot->request = request;
    virtio_notify(&disk->queue);
    return true;
}

static void end_request(struct block_request *request, int result) {
    for (struct block_request *next; request; request = next) {
        next = request->more;
        request->result = result;
        request->done(request);
    }
}

static void block_submit(struct block_device *device, struct block_request *request) {
    struct virtio_disk *disk = container_of(device, struct virtio_disk, block);
    struct block_slot *slot;
    if (request->kind == BLOCK_FLUSH && !(disk->device->features & FEATURE_FLUSH))
        return end_request(request, 0); // it has no cache
    uint32_t blocks = count_blocks(request);
    spinlock_acquire(&disk->lock);
    while (!(slot = find_slot_locked(disk, blocks)) && !disk->queue.broken)
        wait_queue_sleep_unkillable(&disk->waiters, &disk->lock);
    bool has_started = slot && start_locked(disk, slot, request);
    spinlock_release(&disk->lock);
    if (!has_started) end_request(request, -EIO);
}

static const struct block_operations operations = {.submit = block_submit};

// ---- Interrupts --------------------------------------------------------------------------------

// Some request that has ended, and how; NULL if there is none. When the device makes no sense any
// more, all have failed.
static struct block_request *take_ended_locked(struct virtio_disk *disk, int *result) {
    uint32_t written;
    int first = virtio_queue_take(&disk->queue, &written);
    struct block_slot *slot = first < 0 ? NULL : disk->owner[first];
    *result = -EIO;
    if (slot) {
        // What was to be read came whole only if the status behind it came too.
        bool is_read = slot->request->kind == BLOCK_READ;
        uint32_t expected = 1 + is_read * count_blocks(slot->request) * BLOCK_SIZE;
        if (slot->status == STATUS_GOOD && written == expected) *result = 0;
    } else if (disk->queue.broken) {
        for (uint32_t i = 0; i < SLOTS && !slot; i++)
            if (disk->slots[i].request) slot = &disk->slots[i];
    }
    if (!slot) return NULL;
    struct block_request *request = slot->request;
    slot->request = NULL;
    wait_queue_wake_all(&disk->waiters); // there may be room for several
    return request;
}

static void block_interrupt(void *context) {
    struct virtio_disk *disk = context;
    struct block_request *request;
    int result;
    virtio_acknowledge(disk->device);
    do {
        spinlock_acquire(&disk->lock);
        request = take_ended_locked(disk, &result);
        spinlock_release(&disk->lock);
        if (request) end_request(request, result);
    } while (request);
}

// ---- Start -------------------------------------------------------------------------------------

static bool start_disk(struct virtio_disk *disk) {
    if (!virtio_begin(disk->device, 0, FEATURE_READ_ONLY | FEATURE_FLUSH) ||
        !virtio_queue_init(&disk->queue, disk->device, 0))
        return false;
    disk->slots = page_alloc_zeroed();
    if (!disk->slots) return false;
    uint64_t sectors = virtio_config_read(disk->device, CONFIG_CAPACITY);
    disk->block.block_count = sectors / SECTORS_PER_BLOCK;
    disk->block.is_read_only = disk->device->features & FEATURE_READ_ONLY;
    if (sectors % SECTORS_PER_BLOCK)
        kprintf("disk %s: its last %lu bytes are no whole block, and not used\n", disk->name,
                sectors % SECTORS_PER_BLOCK * SECTOR_SIZE);
    interrupt_register(disk->device->irq, block_interrupt, disk);
    virtio_ready(disk->device);
    return true;
}

uint32_t virtio_block_init(void) {
    uint32_t working = 0;
    struct virtio_device *device;
    for (uint32_t i = 0; i < DISKS_MAX && (device = virtio_find(VIRTIO_ID_BLOCK, i)); i++) {
        struct virtio_disk *disk = &disks[i];
        format_string(disk->name, sizeof(disk->name), "%u", i);
        disk->block.name = disk->name;
        disk->block.operations = &operations;
        disk->device = device;
        spinlock_init(&disk->lock, LOCK_VIRTIO);
        wait_queue_init(&disk->waiters);
        if (start_disk(disk)) {
            block_device_register(&disk->block);
            working++;
        } else {
            virtio_fail(device);
            kprintf("disk %s: the device does not start\n", disk->name);
        }
    }
    return working;
}
