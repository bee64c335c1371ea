// SPDX-License-Identifier: MIT
// Physical pages: allocation with per-CPU magazines, and a reference count for every page, so that
// copy-on-write and program files can share them. A page is named by its address in the direct map.
#pragma once

#include "arch.h"

static inline void *physical_to_direct(uint64_t physical) {
    return (void *)(physical + DIRECT_MAP_BASE);
}

static inline uint64_t direct_to_physical(const void *address) {
    return (uint64_t)address - DIRECT_MAP_BASE;
}

static inline uint64_t page_round_down(uint64_t value) {
    return value & ~(uint64_t)(PAGE_SIZE - 1);
}

static inline uint64_t page_round_up(uint64_t value) {
    return page_round_down(value + PAGE_SIZE - 1);
}

// Takes over all usable memory except the kernel image, the initrd, reserved ranges and the array
// of counts itself. Panics with a clear message when there is too little.
void page_init(const struct boot_info *info);

// Adds a range (the initrd, once unpacked) to the free pages. Page aligned physical addresses.
void page_give(uint64_t start, uint64_t end);

// One page with one reference, contents undefined; NULL when there is none, even after what is kept
// without need was given back. Any context, with locks of a rank below LOCK_BUFFER_CACHES.
void *page_alloc(void);

// The same, all zero.
void *page_alloc_zeroed(void);

// One more reference.
void page_get(void *page);

// One reference less; the last frees the page.
void page_put(void *page);

// Whether somebody else holds the page too. Stable only while the caller's reference is the last.
bool page_is_shared(const void *page);

struct page_statistics {
    uint64_t total;       // pages that the allocator manages
    uint64_t free;        // free now, magazines included
    uint64_t cached;      // what the reclaimer's owner keeps while nobody else wants it
    uint64_t reclaimable; // of these, what it would give back at once
};
void page_get_statistics(struct page_statistics *statistics);

// Who keeps pages only as long as there are enough: asked when there is none left, whatever the
// caller of page_alloc() holds, so with locks of a rank below LOCK_BUFFER_CACHES at most.
struct page_reclaimer {
    uint32_t (*reclaim)(uint32_t pages);               // gives back up to so many: how many it was
    void (*count)(struct page_statistics *statistics); // fills in the last two
};
void page_set_reclaimer(const struct page_reclaimer *reclaimer); // before memory is short
