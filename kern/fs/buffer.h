// SPDX-License-Identifier: MIT
// The buffer cache of one disk: blocks in memory, found by a hash of their number. The cache's spin
// lock guards flags, counts and lists. The bytes belong to whoever the file system lets at them;
// who changes them holds a reference, and no write of the block is in flight then.
//
// A buffer that nobody has a reference to and that need not be written is *idle*: it is the page
// allocator's for the asking, the longest idle first.
//
// A buffer is written for one of three reasons. It is *dirty*: contents of a file, which go to
// their place any time before the next commit. It is *changed*: part of the running transaction,
// stays in memory until it is in the log. It is *logged*: in the log, not yet in its place, stays
// in memory until it is there (disk_log.c). No buffer is evicted for any of the last two.
#pragma once

#include "fs/block.h"
#include "lib/list.h"
#include "sched/wait_queue.h"

enum buffer_flag {
    BUFFER_VALID = 1, // holds what the block should hold
    BUFFER_BUSY = 2,  // a transfer is in flight
    BUFFER_DIRTY = 4, // on the list of that name, as the next two
    BUFFER_CHANGED = 8,
    BUFFER_LOGGED = 16,
};

struct buffer_cache;

struct buffer {
    struct buffer *next; // in the hash bucket
    struct buffer_cache *cache;
    uint32_t block;
    uint32_t references;
    uint32_t flags;
    bool is_idle;
    struct list node; // on the cache's list of idle or of needed buffers
    struct list dirty_node, changed_node, logged_node;
    struct wait_queue waiters; // for the end of the transfer
    void *page;
    struct block_request request;
};

#define BUFFER_BUCKETS_PER_PAGE (PAGE_SIZE / sizeof(struct buffer *))
#define BUFFER_BUCKET_PAGES_MAX 64

struct buffer_cache {
    struct block_device *device;
    struct spinlock lock;
    struct list caches_node; // on the list of all caches
    uint32_t bucket_pages;   // a power of two
    struct buffer **buckets[BUFFER_BUCKET_PAGES_MAX];
    struct list idle, needed; // all buffers are on one of them; the longest idle first
    struct list dirty, changed, logged;
    uint32_t count, idle_count;
    uint32_t dirty_count, changed_count;
    uint32_t dirty_limit; // more are written, so that there are pages to be reclaimed
    uint32_t reads_in_flight, writes_in_flight;
    bool write_failed;               // since the file system last asked
    bool flush_due;                  // something was written since the last flush
    struct wait_queue all_written;   // waits for no write, or nothing at all, to be in flight
    uint64_t reads, writes, flushes; // transfers so far
};

// It grows as long as there is free memory. -ENOMEM, and then it is to be destroyed too.
int buffer_cache_init(struct buffer_cache *cache, struct block_device *device);

// Frees everything; nobody uses it any more, and what is not written is lost.
void buffer_cache_destroy(struct buffer_cache *cache);

// The block's buffer, read if need be, with a reference. -EIO, -ENOMEM.
int buffer_get(struct buffer_cache *cache, uint64_t block, struct buffer **found);

// The same to be written to, so that nothing else holds its page (a program may run from it) and no
// write of it is in flight.
int buffer_get_writable(struct buffer_cache *cache, uint64_t block, struct buffer **found);

// The same with zeros in place of what the disk holds.
int buffer_get_empty(struct buffer_cache *cache, uint64_t block, struct buffer **found);
void buffer_put(struct buffer *buffer);

// Begins to read a run of blocks that will be wanted soon, if that is easily done.
void buffer_prefetch(struct buffer_cache *cache, uint64_t block, uint32_t count);

void buffer_mark_dirty(struct buffer *buffer);

// The block's contents do not matter any more: they need not be written.
void buffer_forget_dirty(struct buffer_cache *cache, uint32_t block);

// What is in the buffer is worth nothing: the next to ask for it reads the disk.
void buffer_invalidate(struct buffer *buffer);

// Adds it to the running transaction.
void buffer_mark_changed(struct buffer *buffer);

// Whether the log holds something of the block that could yet be written over it.
bool buffer_is_logged(struct buffer_cache *cache, uint32_t block);

// Starts a write of the buffer's page to a block; buffer_wait_writes() waits for all of them. A
// buffer that is not in the cache, as the log has one, is good for this too.
void buffer_start_write(struct buffer *buffer, uint64_t block);
int buffer_wait_writes(struct buffer_cache *cache); // 0 or -EIO

// Writes all dirty buffers and waits; nobody makes others dirty meanwhile. -EIO.
int buffer_write_dirty(struct buffer_cache *cache);
uint32_t buffer_dirty_count(struct buffer_cache *cache);

// Makes all that has been written durable. -EIO.
int buffer_flush(struct buffer_cache *cache);

// All changed buffers are in the log now.
void buffer_changed_are_logged(struct buffer_cache *cache);

// Writes all logged buffers to their places, durably: the log is not needed for them any more. No
// buffer is changed. -EIO.
int buffer_write_logged(struct buffer_cache *cache);
