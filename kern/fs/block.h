// SPDX-License-Identifier: MIT
// Block devices: disks of 4 KiB blocks, as drivers offer them and the buffer cache uses them. The
// list of devices is written at boot only; a request belongs to the driver from submit() to done().
#pragma once

#include "arch.h"

#define BLOCK_SIZE 4096
_Static_assert(BLOCK_SIZE == PAGE_SIZE, "a block is read into one page");

enum block_request_kind { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

#define BLOCKS_TOGETHER 8 // that one transfer can have

// One transfer of one block, in memory of whoever makes it, which stays until done() is called.
struct block_request {
    enum block_request_kind kind;
    uint64_t block; // below the device's count; 0 for a flush
    void *page;     // page aligned, in the direct map; NULL for a flush
    int result;     // set before done(): 0 or -EIO
    // The same with the block that follows, to go with this one and to be done by itself; or NULL.
    struct block_request *more;
    // Called once, in interrupt context or from within submit(), with no spin lock held. The driver
    // does not touch the request any more: done() may free it, but submits nothing.
    void (*done)(struct block_request *request);
    void *owner;  // for done()
    void *driver; // for the driver, from submit() to done()
};

struct block_device;

struct block_operations {
    // Starts a request. Several may be in flight, and they end in any order. A write is durable
    // only when a flush that was submitted after its end has ended. May sleep while the device's
    // queue is full, so the caller holds no spin lock. Every error is told through done().
    void (*submit)(struct block_device *device, struct block_request *request);
};

struct block_device {
    const char *name;
    uint64_t block_count;
    bool is_read_only; // writes fail
    const struct block_operations *operations;
    struct block_device *next; // registered after this one
};

// At boot only.
void block_device_register(struct block_device *device);
struct block_device *block_device_first(void); // NULL if there is none

// Transfers one block, or flushes, and sleeps until that has ended. 0 or -EIO; also -EIO for a
// block that the device does not have and for a write to a read-only one.
int block_transfer_and_wait(struct block_device *device, enum block_request_kind kind,
                            uint64_t block, void *page);
