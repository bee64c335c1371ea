// SPDX-License-Identifier: MIT
// Object caches. A slab is one page: a header, then equal objects, the free ones linked through
// their first word. A CPU's magazine is used with interrupts off; the cache's lock guards the
// slabs.

#include "mem/object_cache.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/page.h"

struct slab {
    struct list node;
    struct object_cache *cache;
    void *free; // linked through the first word of each object
    uint32_t used;
} __attribute__((aligned(16)));

#define MAGAZINE_BATCH (OBJECT_MAGAZINE / 2)

void object_cache_init(struct object_cache *cache, const char *name, size_t size) {
    memset(cache, 0, sizeof(*cache));
    cache->name = name;
    cache->object_size = (uint32_t)((size + 15) & ~(size_t)15);
    cache->objects_per_slab = (uint32_t)((PAGE_SIZE - sizeof(struct slab)) / cache->object_size);
    kassert(cache->objects_per_slab >= 2);
    spinlock_init(&cache->lock, LOCK_OBJECT_CACHE);
    list_init(&cache->partial);
    list_init(&cache->full);
}

static struct slab *slab_of(void *object) {
    return (struct slab *)page_round_down((uint64_t)object);
}

// Without the lock, since the page may be one that another cache of objects has to give up.
static struct slab *slab_create(struct object_cache *cache) {
    struct slab *slab = page_alloc();
    if (!slab) return NULL;
    *slab = (struct slab){.cache = cache};
    char *object = (char *)(slab + 1);
    for (uint32_t i = 0; i < cache->objects_per_slab; i++, object += cache->object_size) {
        *(void **)object = slab->free;
        slab->free = object;
    }
    return slab;
}

static void *slab_take_locked(struct object_cache *cache) {
    if (list_is_empty(&cache->partial)) return NULL;
    struct slab *slab = container_of(cache->partial.next, struct slab, node);
    void *object = slab->free;
    slab->free = *(void **)object;
    if (++slab->used == cache->objects_per_slab) {
        list_remove(&slab->node);
        list_push_back(&cache->full, &slab->node);
    }
    return object;
}

static void slab_return_locked(struct object_cache *cache, void *object) {
    struct slab *slab = slab_of(object);
    *(void **)object = slab->free;
    slab->free = object;
    if (slab->used-- == cache->objects_per_slab) {
        list_remove(&slab->node);
        list_push_front(&cache->partial, &slab->node);
    }
    if (slab->used == 0) {
        list_remove(&slab->node);
        __atomic_fetch_sub(&cache->slabs, 1, __ATOMIC_RELAXED);
        page_put(slab);
    }
}

// Another CPU may have been faster; a second slab would lie there unused.
static void add_slab_locked(struct object_cache *cache) {
    spinlock_release(&cache->lock);
    struct slab *slab = slab_create(cache);
    spinlock_acquire(&cache->lock);
    if (slab && !list_is_empty(&cache->partial)) {
        page_put(slab);
        return;
    }
    if (!slab) return;
    list_push_back(&cache->partial, &slab->node);
    __atomic_fetch_add(&cache->slabs, 1, __ATOMIC_RELAXED);
}

static void magazine_fill(struct object_cache *cache, struct object_magazine *magazine) {
    spinlock_acquire(&cache->lock);
    if (list_is_empty(&cache->partial)) add_slab_locked(cache);
    while (magazine->count < MAGAZINE_BATCH) {
        void *object = slab_take_locked(cache);
        if (!object) break;
        magazine->objects[magazine->count++] = object;
    }
    spinlock_release(&cache->lock);
}

static void magazine_spill(struct object_cache *cache, struct object_magazine *magazine,
                           uint32_t keep) {
    spinlock_acquire(&cache->lock);
    while (magazine->count > keep) slab_return_locked(cache, magazine->objects[--magazine->count]);
    spinlock_release(&cache->lock);
}

void *object_cache_alloc(struct object_cache *cache) {
    void *object = NULL;
    interrupts_disable();
    struct object_magazine *magazine = &cache->magazines[this_cpu()->index];
    if (magazine->count == 0) magazine_fill(cache, magazine);
    if (magazine->count > 0) object = magazine->objects[--magazine->count];
    interrupts_restore();
    if (object) {
        memset(object, 0, cache->object_size);
        __atomic_fetch_add(&cache->live, 1, __ATOMIC_RELAXED);
    }
    return object;
}

void object_cache_free(struct object_cache *cache, void *object) {
    kassert(slab_of(object)->cache == cache);
    if (CONFIG_DEBUG) // a use after free should show
        memset(object, 0xdf, cache->object_size);
    __atomic_fetch_sub(&cache->live, 1, __ATOMIC_RELAXED);
    interrupts_disable();
    struct object_magazine *magazine = &cache->magazines[this_cpu()->index];
    if (magazine->count == OBJECT_MAGAZINE)
        magazine_spill(cache, magazine, OBJECT_MAGAZINE - MAGAZINE_BATCH);
    magazine->objects[magazine->count++] = object;
    interrupts_restore();
}

void object_cache_drain(struct object_cache *cache) {
    interrupts_disable();
    magazine_spill(cache, &cache->magazines[this_cpu()->index], 0);
    interrupts_restore();
}
