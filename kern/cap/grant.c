// SPDX-License-Identifier: MIT
// Grants: creation and counting. Fields are atomic; no lock.

#include "cap/grant.h"
#include "lib/print.h"
#include "mem/object_cache.h"

static struct object_cache grant_cache;
static uint64_t last_epoch; // atomic

void grant_init(void) { object_cache_init(&grant_cache, "grant", sizeof(struct grant)); }

struct grant *grant_create(void) {
    struct grant *grant = object_cache_alloc(&grant_cache);
    if (!grant) return NULL;
    grant->epoch = __atomic_add_fetch(&last_epoch, 1, __ATOMIC_RELAXED);
    grant->count = 1;
    return grant;
}

void grant_add_reference(struct grant *grant) {
    uint32_t before = __atomic_fetch_add(&grant->count, 1, __ATOMIC_RELAXED);
    kassert(before > 0 && before < UINT32_MAX / 2);
}

void grant_drop_reference(struct grant *grant) {
    uint32_t before = __atomic_fetch_sub(&grant->count, 1, __ATOMIC_ACQ_REL);
    kassert(before > 0);
    if (before == 1) object_cache_free(&grant_cache, grant);
}
