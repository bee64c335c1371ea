// SPDX-License-Identifier: MIT
// The buffer cache: finding, making and evicting buffers. The cache's spin lock guards it all; it
// is never held over a transfer. Who is out of memory comes here with other locks held, and so it
// ranks above those.

#include "fs/buffer.h"
#include "abi/errno.h"
#include "fs/buffer_internal.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"
#include "mem/page.h"

static struct object_cache buffer_objects;
static struct spinlock caches_lock = SPINLOCK_INIT(LOCK_BUFFER_CACHES);
static struct list caches; // under that lock

static const struct page_reclaimer reclaimer;

static void init_all(void) {
    object_cache_init(&buffer_objects, "disk buffer", sizeof(struct buffer));
    list_init(&caches);
    page_set_reclaimer(&reclaimer);
}

// So many that with all memory in buffers a bucket has two of them.
static uint32_t bucket_pages_for(uint64_t pages) {
    uint32_t count = 1;
    while (count < BUFFER_BUCKET_PAGES_MAX && count * 2 * BUFFER_BUCKETS_PER_PAGE < pages)
        count *= 2;
    return count;
}

int buffer_cache_init(struct buffer_cache *cache, struct block_device *device) {
    struct page_statistics pages;
    if (!buffer_objects.name) init_all();
    page_get_statistics(&pages);
    *cache = (struct buffer_cache){
        .device = device,
        .bucket_pages = bucket_pages_for(pages.total),
        .dirty_limit = (uint32_t)(pages.total / 8),
    };
    spinlock_init(&cache->lock, LOCK_BUFFERS);
    list_init(&cache->idle);
    list_init(&cache->needed);
    list_init(&cache->dirty);
    list_init(&cache->changed);
    list_init(&cache->logged);
    wait_queue_init(&cache->all_written);
    spinlock_acquire(&caches_lock);
    list_push_back(&caches, &cache->caches_node);
    spinlock_release(&caches_lock);
    for (uint32_t i = 0; i < cache->bucket_pages; i++)
        if (!(cache->buckets[i] = page_alloc_zeroed())) return -ENOMEM;
    return 0;
}

static struct buffer **bucket_of(struct buffer_cache *cache, uint32_t block) {
    uint32_t page = block / BUFFER_BUCKETS_PER_PAGE & (cache->bucket_pages - 1);
    return &cache->buckets[page][block % BUFFER_BUCKETS_PER_PAGE];
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
    list_remove(&buffer->node);
    buffer->cache->count--;
    buffer->cache->idle_count -= buffer->is_idle;
}

static void free_all(struct list *buffers) {
    list_for_each(node, buffers) {
        struct buffer *buffer = container_of(node, struct buffer, node);
        remove_locked(buffer);
        buffer_free(buffer);
    }
}

void buffer_cache_destroy(struct buffer_cache *cache) {
    spinlock_acquire(&caches_lock);
    list_remove(&cache->caches_node);
    spinlock_release(&caches_lock);
    buffer_wait_all(cache);
    free_all(&cache->idle);
    free_all(&cache->needed);
    for (uint32_t i = 0; i < cache->bucket_pages; i++)
        if (cache->buckets[i]) page_put(cache->buckets[i]);
}

// ---- Eviction ----------------------------------------------------------------------------------

void buffer_sort_locked(struct buffer *buffer) {
    const uint32_t needed = BUFFER_BUSY | BUFFER_DIRTY | BUFFER_CHANGED | BUFFER_LOGGED;
    struct buffer_cache *cache = buffer->cache;
    bool is_idle = buffer->references == 0 && !(buffer->flags & needed);
    if (is_idle == buffer->is_idle) return;
    buffer->is_idle = is_idle;
    list_remove(&buffer->node);
    list_push_back(is_idle ? &cache->idle : &cache->needed, &buffer->node);
    cache->idle_count += is_idle ? 1 : UINT32_MAX;
}

// Takes out the longest idle, but none that a program runs from: nobody would gain a page by that.
static struct buffer *evict(struct buffer_cache *cache) {
    struct buffer *evicted = NULL;
    spinlock_acquire(&cache->lock);
    for (uint32_t left = cache->idle_count; left > 0 && !evicted; left--) {
        struct buffer *buffer = container_of(cache->idle.next, struct buffer, node);
        list_remove(&buffer->node);
        list_push_back(&cache->idle, &buffer->node);
        if (!page_is_shared(buffer->page)) evicted = buffer;
    }
    if (evicted) remove_locked(evicted);
    spinlock_release(&cache->lock);
    return evicted;
}

static uint32_t reclaim(uint32_t pages) {
    uint32_t reclaimed = 0;
    spinlock_acquire(&caches_lock);
    list_for_each(node, &caches) {
        struct buffer_cache *cache = container_of(node, struct buffer_cache, caches_node);
        struct buffer *buffer;
        while (reclaimed < pages && (buffer = evict(cache))) {
            buffer_free(buffer);
            reclaimed++;
        }
    }
    spinlock_release(&caches_lock);
    return reclaimed;
}

static void count_pages(struct page_statistics *statistics) {
    statistics->cached = __atomic_load_n(&buffer_objects.slabs, __ATOMIC_RELAXED);
    spinlock_acquire(&caches_lock);
    list_for_each(node, &caches) {
        struct buffer_cache *cache = container_of(node, struct buffer_cache, caches_node);
        spinlock_acquire(&cache->lock);
        statistics->cached += cache->count;
        statistics->reclaimable += cache->idle_count;
        spinlock_release(&cache->lock);
    }
    spinlock_release(&caches_lock);
}

static const struct page_reclaimer reclaimer = {.reclaim = reclaim, .count = count_pages};

// Then the cache grows no more.
static bool memory_is_short(void) {
    struct page_statistics pages;
    page_get_statistics(&pages);
    return pages.free < pages.total / 16;
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
    uint32_t dirty = buffer_dirty_count(cache);
    struct buffer *buffer = is_short ? evict(cache) : NULL;
    if (!buffer && dirty > (is_short ? 0 : cache->dirty_limit)) {
        buffer_write_some(cache, 64);
        if (is_short) buffer = evict(cache);
    }
    return buffer ? buffer : make();
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
    list_push_back(&cache->needed, &buffer->node);
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
        buffer_sort_locked(buffer);
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
    if (keep) page_copy(copy, buffer->page);
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
    buffer_sort_locked(buffer);
    spinlock_release(&cache->lock);
}

// Starts to read what is neither there nor on its way. The request is the caller's to submit.
static struct block_request *start_read(struct buffer_cache *cache, uint64_t block) {
    uint32_t flags;
    struct buffer *buffer = find_or_make(cache, (uint32_t)block, &flags);
    if (!buffer) return NULL;
    spinlock_acquire(&cache->lock);
    bool starts = !(buffer->flags & (BUFFER_BUSY | BUFFER_VALID));
    if (starts) buffer_start_locked(buffer, BLOCK_READ, block);
    spinlock_release(&cache->lock);
    buffer_put(buffer); // a busy one stays
    return starts ? &buffer->request : NULL;
}

void buffer_prefetch(struct buffer_cache *cache, uint64_t block, uint32_t count) {
    struct block_device *device = cache->device;
    struct block_request *first = NULL, **end = &first;
    for (uint32_t together = 0; count > 0 && block < device->block_count; block++, count--) {
        *end = start_read(cache, block);
        bool is_more = *end && ++together < BLOCKS_TOGETHER && count > 1;
        if (is_more) {
            end = &(*end)->more;
        } else {
            if (first) device->operations->submit(device, first);
            first = NULL;
            end = &first;
            together = 0;
        }
    }
    if (first) device->operations->submit(device, first);
}
