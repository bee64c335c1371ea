// SPDX-License-Identifier: MIT
// The buffer cache: finding, making and evicting buffers. The cache's spin lock guards it all; it
// is never held over a transfer.

#include "fs/buffer.h"
#include "abi/errno.h"
#include "fs/buffer_internal.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"
#include "mem/page.h"

static struct object_cache buffer_objects;

int buffer_cache_init(struct buffer_cache *cache, struct block_device *device, uint32_t limit) {
    if (!buffer_objects.name)
        object_cache_init(&buffer_objects, "disk buffer", sizeof(struct buffer));
    *cache = (struct buffer_cache){.device = device, .limit = limit};
    spinlock_init(&cache->lock, LOCK_BUFFERS);
    list_init(&cache->clock);
    list_init(&cache->dirty);
    list_init(&cache->changed);
    list_init(&cache->logged);
    wait_queue_init(&cache->all_idle);
    for (int i = 0; i < BUFFER_BUCKET_PAGES; i++)
        if (!(cache->buckets[i] = page_alloc_zeroed())) return -ENOMEM;
    return 0;
}

static struct buffer **bucket_of(struct buffer_cache *cache, uint32_t block) {
    uint32_t index = block % BUFFER_BUCKETS;
    return &cache->buckets[index / (BUFFER_BUCKETS / BUFFER_BUCKET_PAGES)]
                          [index % (BUFFER_BUCKETS / BUFFER_BUCKET_PAGES)];
}

struct buffer *buffer_find_locked(struct buffer_cache *cache, uint32_t block) {
    struct buffer *buffer = *bucket_of(cache, block);
    while (buffer && buffer->block != block) buffer = buffer->next;
    return buffer;
}

static void buffer_free(struct buffer *buffer) {
    page_put(buffer->page);
    object_cache_free(&buffer_objects, buffer);
}

// Takes a buffer out of the cache, without freeing it.
static void remove_locked(struct buffer *buffer) {
    struct buffer **link = bucket_of(buffer->cache, buffer->block);
    while (*link != buffer) link = &(*link)->next;
    *link = buffer->next;
    list_remove(&buffer->clock_node);
    buffer->cache->count--;
}

void buffer_cache_destroy(struct buffer_cache *cache) {
    buffer_wait_all(cache);
    list_for_each(node, &cache->clock) {
        struct buffer *buffer = container_of(node, struct buffer, clock_node);
        remove_locked(buffer);
        buffer_free(buffer);
    }
    for (int i = 0; i < BUFFER_BUCKET_PAGES; i++)
        if (cache->buckets[i]) page_put(cache->buckets[i]);
}

// ---- Eviction ----------------------------------------------------------------------------------

#define NOT_EVICTABLE (BUFFER_BUSY | BUFFER_DIRTY | BUFFER_CHANGED | BUFFER_LOGGED)

// Takes out a buffer that nobody needs: the first not used since eviction last came by.
static struct buffer *evict_locked(struct buffer_cache *cache) {
    for (uint32_t left = 2 * cache->count; left > 0; left--) {
        struct buffer *buffer = container_of(cache->clock.next, struct buffer, clock_node);
        bool is_free = buffer->references == 0 && !(buffer->flags & NOT_EVICTABLE);
        if (is_free && !(buffer->flags & BUFFER_RECENT)) {
            remove_locked(buffer);
            return buffer;
        }
        if (is_free) buffer->flags &= ~(uint32_t)BUFFER_RECENT;
        list_remove(&buffer->clock_node);
        list_push_back(&cache->clock, &buffer->clock_node);
    }
    return NULL;
}

static struct buffer *evict(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    struct buffer *buffer = evict_locked(cache);
    spinlock_release(&cache->lock);
    return buffer;
}

// Then the cache grows no more, and gives up a second buffer whenever it replaces one.
static bool memory_is_short(void) {
    struct page_statistics pages;
    page_get_statistics(&pages);
    return pages.free < pages.total / 16;
}

static bool may_grow(struct buffer_cache *cache) {
    spinlock_acquire(&cache->lock);
    bool may = cache->count < cache->limit;
    spinlock_release(&cache->lock);
    return may;
}

static struct buffer *make(void) {
    void *page = page_alloc();
    struct buffer *buffer = page ? object_cache_alloc(&buffer_objects) : NULL;
    if (buffer)
        buffer->page = page;
    else if (page)
        page_put(page);
    return buffer;
}

// Memory for another buffer: new, or an old one's, whose block is evicted, or NULL.
static struct buffer *make_or_evict(struct buffer_cache *cache) {
    bool is_short = memory_is_short();
    struct buffer *buffer = NULL;
    if (!is_short && may_grow(cache)) buffer = make();
    if (buffer) return buffer;
    buffer = evict(cache);
    if (!buffer && buffer_dirty_count(cache) > 0) {
        buffer_write_some(cache, 64);
        buffer = evict(cache);
    }
    if (!buffer) return make();
    struct buffer *another = is_short ? evict(cache) : NULL;
    if (another) buffer_free(another);
    if (!page_is_shared(buffer->page)) return buffer;
    void *page = page_alloc(); // a program runs from the old one
    if (page) {
        page_put(buffer->page);
        buffer->page = page;
        return buffer;
    }
    buffer_free(buffer);
    return NULL;
}

// ---- Finding -----------------------------------------------------------------------------------

static void init_locked(struct buffer_cache *cache, struct buffer *buffer, uint32_t block) {
    void *page = buffer->page;
    *buffer = (struct buffer){.cache = cache, .block = block, .page = page};
    list_init(&buffer->dirty_node);
    list_init(&buffer->changed_node);
    list_init(&buffer->logged_node);
    wait_queue_init(&buffer->waiters);
    struct buffer **bucket = bucket_of(cache, block);
    buffer->next = *bucket;
    *bucket = buffer;
    list_push_back(&cache->clock, &buffer->clock_node);
    cache->count++;
}

// The block's buffer, with a reference, and what it was before. NULL: out of memory.
static struct buffer *find_or_make(struct buffer_cache *cache, uint32_t block, uint32_t *flags) {
    spinlock_acquire(&cache->lock);
    struct buffer *buffer = buffer_find_locked(cache, block), *spare = NULL;
    if (!buffer) {
        spinlock_release(&cache->lock);
        spare = make_or_evict(cache);
        spinlock_acquire(&cache->lock);
        buffer = buffer_find_locked(cache, block);
        if (!buffer && spare) {
            buffer = spare;
            spare = NULL;
            init_locked(cache, buffer, block);
        }
    }
    if (buffer) {
        *flags = buffer->flags;
        buffer->references++;
        buffer->flags |= BUFFER_RECENT;
    }
    spinlock_release(&cache->lock);
    if (spare) buffer_free(spare);
    return buffer;
}

static void wait_locked(struct buffer *buffer) {
    while (buffer->flags & BUFFER_BUSY)
        wait_queue_sleep_unkillable(&buffer->waiters, &buffer->cache->lock);
}

// Makes a referenced buffer hold its block.
static int read_in(struct buffer *buffer) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    while ((buffer->flags & (BUFFER_BUSY | BUFFER_VALID)) == BUFFER_BUSY)
        wait_queue_sleep_unkillable(&buffer->waiters, &cache->lock);
    if (!(buffer->flags & BUFFER_VALID)) {
        buffer_start_locked(buffer, BLOCK_READ, buffer->block);
        spinlock_release(&cache->lock);
        cache->device->operations->submit(cache->device, &buffer->request);
        spinlock_acquire(&cache->lock);
        wait_locked(buffer);
    }
    int error = buffer->flags & BUFFER_VALID ? 0 : -EIO;
    spinlock_release(&cache->lock);
    return error;
}

int buffer_get(struct buffer_cache *cache, uint64_t block, struct buffer **found) {
    if (block >= cache->device->block_count) return -EIO;
    uint32_t flags;
    struct buffer *buffer = find_or_make(cache, (uint32_t)block, &flags);
    if (!buffer) return -ENOMEM;
    int error = flags & BUFFER_VALID ? 0 : read_in(buffer);
    if (error)
        buffer_put(buffer);
    else
        *found = buffer;
    return error;
}

// Makes sure that a referenced buffer may be changed, keeping what is in it or not.
static int make_writable(struct buffer *buffer, bool keep) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    wait_locked(buffer);
    spinlock_release(&cache->lock);
    if (!page_is_shared(buffer->page)) return 0;
    void *copy = page_alloc();
    if (!copy) return -ENOMEM;
    if (keep) memcpy(copy, buffer->page, PAGE_SIZE);
    page_put(buffer->page);
    buffer->page = copy;
    return 0;
}

int buffer_get_writable(struct buffer_cache *cache, uint64_t block, struct buffer **found) {
    int error = buffer_get(cache, block, found);
    if (!error && (error = make_writable(*found, true))) buffer_put(*found);
    return error;
}

int buffer_get_empty(struct buffer_cache *cache, uint64_t block, struct buffer **found) {
    if (block >= cache->device->block_count) return -EIO;
    uint32_t flags;
    struct buffer *buffer = find_or_make(cache, (uint32_t)block, &flags);
    if (!buffer) return -ENOMEM;
    int error = make_writable(buffer, false);
    if (error) {
        buffer_put(buffer);
        return error;
    }
    page_clear(buffer->page);
    spinlock_acquire(&cache->lock);
    buffer->flags |= BUFFER_VALID;
    spinlock_release(&cache->lock);
    *found = buffer;
    return 0;
}

void buffer_put(struct buffer *buffer) {
    struct buffer_cache *cache = buffer->cache;
    spinlock_acquire(&cache->lock);
    kassert(buffer->references > 0);
    buffer->references--;
    spinlock_release(&cache->lock);
}

void buffer_prefetch(struct buffer_cache *cache, uint64_t block) {
    if (block >= cache->device->block_count) return;
    uint32_t flags;
    struct buffer *buffer = find_or_make(cache, (uint32_t)block, &flags);
    if (!buffer) return;
    spinlock_acquire(&cache->lock);
    bool starts = !(buffer->flags & (BUFFER_BUSY | BUFFER_VALID));
    if (starts) buffer_start_locked(buffer, BLOCK_READ, block);
    spinlock_release(&cache->lock);
    if (starts) cache->device->operations->submit(cache->device, &buffer->request);
    buffer_put(buffer);
}
