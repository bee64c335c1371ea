// SPDX-License-Identifier: MIT
// The page allocator. Each CPU has a magazine of free pages that it uses with interrupts off; the
// page lock guards the global free list and the ranges that have never been handed out, from which
// magazines are filled and to which they overflow. Reference counts are atomic.

#include "mem/page.h"
#include "lib/print.h"
#include "lib/string.h"
#include "lib/image.h"
#include "sync/lock.h"

#define MAGAZINE_SIZE  64
#define MAGAZINE_BATCH 32
#define RANGES_MAX     (4 * MAX_MEMORY_RANGES)
#define NO_FRAME       UINT32_MAX
#define PAGES_MINIMUM  1024 // 4 MiB: below this not even the shell runs

// One per physical page of the machine; a free page has count 0.
struct frame {
    uint32_t count;
    uint32_t next; // free list
};

struct page_magazine {
    uint32_t count;
    uint32_t frames[MAGAZINE_SIZE];
} __attribute__((aligned(64)));

static struct spinlock page_lock = SPINLOCK_INIT(LOCK_PAGES);
static struct frame *frames;
static uint32_t first_frame_number; // physical page number of frames[0]
static uint32_t frame_count;
static uint32_t free_list = NO_FRAME;
static uint64_t free_list_length;
static struct memory_range fresh[RANGES_MAX]; // never handed out
static uint32_t fresh_count;
static uint64_t pages_total;
static struct page_magazine magazines[MAX_CPUS];

static struct frame *frame_of(const void *page) {
    uint64_t index = (direct_to_physical(page) >> PAGE_SHIFT) - first_frame_number;
    kassert(index < frame_count);
    return &frames[index];
}

static void *page_of(uint32_t index) {
    return physical_to_direct((uint64_t)(first_frame_number + index) << PAGE_SHIFT);
}

// Takes [start, end) out of the fresh ranges, which may split one in two.
static void exclude(uint64_t start, uint64_t end) {
    start = page_round_down(start);
    end = page_round_up(end);
    for (uint32_t i = 0; i < fresh_count; i++) {
        struct memory_range *range = &fresh[i];
        if (end <= range->start || start >= range->end) continue;
        if (start > range->start && end < range->end) {
            kassert(fresh_count < RANGES_MAX);
            fresh[fresh_count++] = (struct memory_range){end, range->end};
            range->end = start;
        } else if (start <= range->start && end >= range->end) {
            range->end = range->start;
        } else if (start <= range->start) {
            range->start = end;
        } else {
            range->end = start;
        }
    }
}

static void collect_ranges(const struct boot_info *info) {
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (uint32_t i = 0; i < info->memory_count; i++) {
        uint64_t start = page_round_up(info->memory[i].start);
        uint64_t end = page_round_down(info->memory[i].end);
        if (start >= end) continue;
        fresh[fresh_count++] = (struct memory_range){start, end};
        lowest = start < lowest ? start : lowest;
        highest = end > highest ? end : highest;
    }
    if (fresh_count == 0) panic("the firmware reports no memory");
    first_frame_number = (uint32_t)(lowest >> PAGE_SHIFT);
    frame_count = (uint32_t)((highest - lowest) >> PAGE_SHIFT);
    exclude((uint64_t)image_start - KERNEL_IMAGE_OFFSET, (uint64_t)image_end - KERNEL_IMAGE_OFFSET);
    if (info->initrd.start < info->initrd.end) exclude(info->initrd.start, info->initrd.end);
    for (uint32_t i = 0; i < info->reserved_count; i++)
        exclude(info->reserved[i].start, info->reserved[i].end);
}

// Puts the array of frames at the start of the first range that holds it.
static void place_frames(void) {
    uint64_t size = page_round_up((uint64_t)frame_count * sizeof(struct frame));
    for (uint32_t i = 0; i < fresh_count; i++) {
        if (fresh[i].end - fresh[i].start < size) continue;
        frames = physical_to_direct(fresh[i].start);
        fresh[i].start += size;
        memset(frames, 0, size);
        return;
    }
    panic("too little memory: no room for the page table of %u pages", frame_count);
}

void page_init(const struct boot_info *info) {
    collect_ranges(info);
    place_frames();
    for (uint32_t i = 0; i < fresh_count; i++)
        pages_total += (fresh[i].end - fresh[i].start) >> PAGE_SHIFT;
    if (pages_total < PAGES_MINIMUM)
        panic("too little memory: %lu KiB free, capv6 needs at least %u KiB; start it with more",
              pages_total * PAGE_SIZE / 1024, PAGES_MINIMUM * (uint32_t)PAGE_SIZE / 1024);
}

void page_give(uint64_t start, uint64_t end) {
    // The firmware may have put an initrd where it reports no memory.
    uint64_t managed_end = (uint64_t)(first_frame_number + frame_count) << PAGE_SHIFT;
    if (end > managed_end) end = managed_end;
    for (; start < end; start += PAGE_SIZE) {
        void *page = physical_to_direct(start);
        kassert(frame_of(page)->count == 0);
        frame_of(page)->count = 1;
        __atomic_fetch_add(&pages_total, 1, __ATOMIC_RELAXED);
        page_put(page);
    }
}

static uint32_t take_fresh_frame(void) {
    for (uint32_t i = 0; i < fresh_count; i++) {
        if (fresh[i].start == fresh[i].end) continue;
        uint32_t frame = (uint32_t)(fresh[i].start >> PAGE_SHIFT) - first_frame_number;
        fresh[i].start += PAGE_SIZE;
        return frame;
    }
    return NO_FRAME;
}

// Other CPUs read the count, for statistics.
static inline void magazine_push(struct page_magazine *magazine, uint32_t frame) {
    magazine->frames[magazine->count] = frame;
    __atomic_store_n(&magazine->count, magazine->count + 1, __ATOMIC_RELAXED);
}

static inline uint32_t magazine_pop(struct page_magazine *magazine) {
    __atomic_store_n(&magazine->count, magazine->count - 1, __ATOMIC_RELAXED);
    return magazine->frames[magazine->count];
}

static void magazine_fill(struct page_magazine *magazine) {
    spinlock_acquire(&page_lock);
    while (magazine->count < MAGAZINE_BATCH) {
        uint32_t frame = free_list;
        if (frame != NO_FRAME) {
            free_list = frames[frame].next;
            free_list_length--;
        } else {
            frame = take_fresh_frame();
        }
        if (frame == NO_FRAME) break;
        magazine_push(magazine, frame);
    }
    spinlock_release(&page_lock);
}

static void magazine_spill(struct page_magazine *magazine) {
    spinlock_acquire(&page_lock);
    while (magazine->count > MAGAZINE_SIZE - MAGAZINE_BATCH) {
        uint32_t frame = magazine_pop(magazine);
        frames[frame].next = free_list;
        free_list = frame;
        free_list_length++;
    }
    spinlock_release(&page_lock);
}

static void *take_page(void) {
    void *page = NULL;
    interrupts_disable();
    struct page_magazine *magazine = &magazines[this_cpu()->index];
    if (magazine->count == 0) magazine_fill(magazine);
    if (magazine->count > 0) {
        uint32_t frame = magazine_pop(magazine);
        kassert(frames[frame].count == 0);
        frames[frame].count = 1;
        page = page_of(frame);
    }
    interrupts_restore();
    return page;
}

static const struct page_reclaimer *reclaimer;

void page_set_reclaimer(const struct page_reclaimer *new_reclaimer) {
    __atomic_store_n(&reclaimer, new_reclaimer, __ATOMIC_RELEASE);
}

// Others may be faster and take what was given back.
static void *reclaim_and_take_page(void) {
    const struct page_reclaimer *keeper = __atomic_load_n(&reclaimer, __ATOMIC_ACQUIRE);
    void *page = NULL;
    while (!page && keeper && keeper->reclaim(MAGAZINE_BATCH) > 0) page = take_page();
    return page;
}

void *page_alloc(void) {
    void *page = take_page();
    return page ? page : reclaim_and_take_page();
}

void *page_alloc_zeroed(void) {
    void *page = page_alloc();
    if (page) page_clear(page);
    return page;
}

void page_get(void *page) {
    uint32_t before = __atomic_fetch_add(&frame_of(page)->count, 1, __ATOMIC_RELAXED);
    kassert((int32_t)before > 0);
}

// Apart, so that giving up one reference of several needs no stack.
static __attribute__((noinline)) void free_frame(struct frame *frame) {
    interrupts_disable();
    struct page_magazine *magazine = &magazines[this_cpu()->index];
    if (magazine->count == MAGAZINE_SIZE) magazine_spill(magazine);
    magazine_push(magazine, (uint32_t)(frame - frames));
    interrupts_restore();
}

void page_put(void *page) {
    struct frame *frame = frame_of(page);
    uint32_t before = __atomic_fetch_sub(&frame->count, 1, __ATOMIC_ACQ_REL);
    kassert(before > 0);
    if (before == 1) free_frame(frame);
}

bool page_is_shared(const void *page) {
    return __atomic_load_n(&frame_of(page)->count, __ATOMIC_ACQUIRE) > 1;
}

void page_get_statistics(struct page_statistics *statistics) {
    const struct page_reclaimer *keeper = __atomic_load_n(&reclaimer, __ATOMIC_ACQUIRE);
    statistics->cached = statistics->reclaimable = 0;
    if (keeper) keeper->count(statistics);
    spinlock_acquire(&page_lock);
    statistics->total = pages_total;
    statistics->free = free_list_length;
    for (uint32_t i = 0; i < fresh_count; i++)
        statistics->free += (fresh[i].end - fresh[i].start) >> PAGE_SHIFT;
    spinlock_release(&page_lock);
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        statistics->free += __atomic_load_n(&magazines[i].count, __ATOMIC_RELAXED);
}
