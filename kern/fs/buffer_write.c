// SPDX-License-Identifier: MIT
// The buffer cache: transfers, and which buffers are to be written. The cache's spin lock guards
// flags and lists.

#include "abi/errno.h"
#include "fs/buffer_internal.h"

// ---- Transfers ---------------------------------------------------------------------------------

static void transfer_done(struct block_request *request) {
    struct buffer *buffer = request->owner;
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    buffer->flags &= ~(uint32_t)BUFFER_BUSY;
    if (request->kind == BLOCK_READ) {
        if (request->result == 0) buffer->flags |= BUFFER_VALID;
        cache->reads_in_flight--;
    } else {
        if (request->result) cache->write_failed = true;
        cache->writes_in_flight--;
    }
    buffer_sort_locked(buffer);
    wait_queue_wake_all(&buffer->waiters);
    if (cache->writes_in_flight == 0) wait_queue_wake_all(&cache->all_written);
    spinlock_release(&cache->lock);
}

void buffer_start_locked(struct buffer *buffer, enum block_request_kind kind, uint64_t block) {
    struct buffer_cache *cache = buffer->cache;
    buffer->flags |= BUFFER_BUSY;
    buffer_sort_locked(buffer);
    buffer->request = (struct block_request){
        .kind = kind, .block = block, .page = buffer->page, .done = transfer_done, .owner = buffer};
    if (kind == BLOCK_READ) {
        cache->reads_in_flight++;
        cache->reads++;
    } else {
        cache->writes_in_flight++;
        cache->writes++;
        cache->flush_due = true;
    }
}

void buffer_start_write(struct buffer *buffer, uint64_t block) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    while (buffer->flags & BUFFER_BUSY) wait_queue_sleep_unkillable(&buffer->waiters, &cache->lock);
    buffer_start_locked(buffer, BLOCK_WRITE, block);
    spinlock_release(&cache->lock);
    cache->device->operations->submit(cache->device, &buffer->request);
}

int buffer_wait_writes(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    while (cache->writes_in_flight > 0)
        wait_queue_sleep_unkillable(&cache->all_written, &cache->lock);
    int error = cache->write_failed ? -EIO : 0;
    spinlock_release(&cache->lock);
    return error;
}

void buffer_wait_all(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    while (cache->reads_in_flight + cache->writes_in_flight > 0)
        wait_queue_sleep_unkillable(&cache->all_written, &cache->lock);
    spinlock_release(&cache->lock);
}

int buffer_flush(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    bool is_due = cache->flush_due;
    // A write that is still in flight may come too late for this flush.
    if (cache->writes_in_flight == 0) cache->flush_due = false;
    cache->flushes += is_due;
    spinlock_release(&cache->lock);
    return is_due ? block_transfer_and_wait(cache->device, BLOCK_FLUSH, 0, NULL) : 0;
}

// ---- Contents of files -------------------------------------------------------------------------

static void clear_dirty_locked(struct buffer *buffer) {
    buffer->flags &= ~(uint32_t)BUFFER_DIRTY;
    list_remove(&buffer->dirty_node);
    buffer->cache->dirty_count--;
    buffer_sort_locked(buffer);
}

void buffer_mark_dirty(struct buffer *buffer) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    if (!(buffer->flags & BUFFER_DIRTY)) {
        buffer->flags |= BUFFER_DIRTY;
        list_push_back(&cache->dirty, &buffer->dirty_node);
        cache->dirty_count++;
    }
    spinlock_release(&cache->lock);
}

// Dirty, with no transfer in flight and, if asked for, no user.
static bool is_to_be_written(const struct buffer *buffer, bool only_unused) {
    return (buffer->flags & BUFFER_DIRTY) && !(buffer->flags & BUFFER_BUSY) &&
           !(only_unused && buffer->references > 0);
}

static struct buffer *find_dirty_locked(struct buffer_cache *cache, bool only_unused) {
    list_for_each(node, &cache->dirty) {
        struct buffer *buffer = container_of(node, struct buffer, dirty_node);
        if (is_to_be_written(buffer, only_unused)) return buffer;
    }
    return NULL;
}

// Starts the write of a dirty buffer, and of those behind it that are dirty too. How many.
static uint32_t start_run_locked(struct buffer *buffer, bool only_unused) {
    struct block_request **end = NULL;
    uint32_t count = 0;
    while (buffer && count < BLOCKS_TOGETHER && is_to_be_written(buffer, only_unused)) {
        clear_dirty_locked(buffer);
        buffer_start_locked(buffer, BLOCK_WRITE, buffer->block);
        if (end) *end = &buffer->request;
        end = &buffer->request.more;
        count++;
        buffer = buffer_find_locked(buffer->cache, buffer->block + 1);
    }
    return count;
}

static void start_dirty(struct buffer_cache *cache, uint32_t count, bool only_unused) {
    for (uint32_t started = 0; started < count;) {
        spinlock_acquire(&cache->lock);
        struct buffer *buffer = find_dirty_locked(cache, only_unused);
        if (buffer) started += start_run_locked(buffer, only_unused);
        spinlock_release(&cache->lock);
        if (!buffer) break;
        cache->device->operations->submit(cache->device, &buffer->request);
    }
}

void buffer_write_some(struct buffer_cache *cache, uint32_t count) {
    start_dirty(cache, count, true);
    buffer_wait_writes(cache);
}

uint32_t buffer_dirty_count(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    uint32_t count = cache->dirty_count;
    spinlock_release(&cache->lock);
    return count;
}

int buffer_write_dirty(struct buffer_cache *cache) {
    int error = 0;
    do { // one whose write is in flight is written again after that
        start_dirty(cache, UINT32_MAX, false);
        error = buffer_wait_writes(cache);
    } while (!error && buffer_dirty_count(cache) > 0);
    return error;
}

void buffer_forget_dirty(struct buffer_cache *cache, uint32_t block) {
    spinlock_acquire(&cache->lock);
    struct buffer *buffer = buffer_find_locked(cache, block);
    if (buffer && (buffer->flags & BUFFER_DIRTY)) clear_dirty_locked(buffer);
    spinlock_release(&cache->lock);
}

void buffer_invalidate(struct buffer *buffer) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    buffer->flags &= ~(uint32_t)BUFFER_VALID;
    if (buffer->flags & BUFFER_DIRTY) clear_dirty_locked(buffer);
    spinlock_release(&cache->lock);
}

// ---- What the log says of buffers --------------------------------------------------------------

void buffer_mark_changed(struct buffer *buffer) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    if (!(buffer->flags & BUFFER_CHANGED)) {
        buffer->flags |= BUFFER_CHANGED;
        list_push_back(&cache->changed, &buffer->changed_node);
        cache->changed_count++;
    }
    if (buffer->flags & BUFFER_DIRTY) clear_dirty_locked(buffer); // it was a file's once
    spinlock_release(&cache->lock);
}

bool buffer_is_logged(struct buffer_cache *cache, uint32_t block) {
    spinlock_acquire(&cache->lock);
    struct buffer *buffer = buffer_find_locked(cache, block);
    bool is_logged = buffer && (buffer->flags & (BUFFER_LOGGED | BUFFER_CHANGED));
    spinlock_release(&cache->lock);
    return is_logged;
}

void buffer_changed_are_logged(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    list_for_each(node, &cache->changed) {
        struct buffer *buffer = container_of(node, struct buffer, changed_node);
        list_remove(node);
        if (!(buffer->flags & BUFFER_LOGGED)) list_push_back(&cache->logged, &buffer->logged_node);
        buffer->flags = (buffer->flags & ~(uint32_t)BUFFER_CHANGED) | BUFFER_LOGGED;
    }
    cache->changed_count = 0;
    spinlock_release(&cache->lock);
}

int buffer_write_logged(struct buffer_cache *cache) {
    // Only commits change the list, and this is part of one.
    list_for_each(node, &cache->logged) {
        struct buffer *buffer = container_of(node, struct buffer, logged_node);
        buffer_start_write(buffer, buffer->block);
    }
    int error = buffer_wait_writes(cache);
    if (!error) error = buffer_flush(cache);
    if (error) return error;
    spinlock_acquire(&cache->lock);
    list_for_each(node, &cache->logged) {
        struct buffer *buffer = container_of(node, struct buffer, logged_node);
        list_remove(node);
        buffer->flags &= ~(uint32_t)BUFFER_LOGGED;
        buffer_sort_locked(buffer);
    }
    spinlock_release(&cache->lock);
    return 0;
}
