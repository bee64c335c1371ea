// SPDX-License-Identifier: MIT
// Caches of equal-sized kernel objects, cut from single pages, with a small magazine per CPU. An
// empty slab goes back to the page allocator.
#pragma once

#include "lib/list.h"
#include "sync/lock.h"

#define OBJECT_MAGAZINE 16

struct object_magazine {
    uint32_t count;
    void *objects[OBJECT_MAGAZINE];
} __attribute__((aligned(64)));

struct object_cache {
    const char *name;
    uint32_t object_size;
    uint32_t objects_per_slab;
    struct spinlock lock; // guards the lists and the slabs on them
    struct list partial;  // slabs with free objects
    struct list full;
    uint64_t live;  // objects handed out; under the lock or read loosely
    uint64_t slabs; // pages held, the same
    struct object_magazine magazines[MAX_CPUS];
};

// `size` is at most 2,000 bytes. At boot, once for each cache.
void object_cache_init(struct object_cache *cache, const char *name, size_t size);

// An object, all zero; NULL when memory is out. Any context.
void *object_cache_alloc(struct object_cache *cache);

// Any context.
void object_cache_free(struct object_cache *cache, void *object);

// Gives every CPU's magazine back and frees empty slabs, so that tests can count. Only this CPU's
// magazine is reached.
void object_cache_drain(struct object_cache *cache);
