// SPDX-License-Identifier: MIT
// Address spaces: regions, demand-zero and copy-on-write. A page that is mapped here holds one
// reference. A writable page that somebody shares is mapped without write access and marked
// PTE_COW; the space's lock guards regions, page table and counts.

#include "mem/address_space.h"
#include "abi/errno.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/kernel_map.h"
#include "mem/object_cache.h"
#include "mem/page_table.h"

#define NO_HEAP         UINT32_MAX
#define LEAF_TABLE_SPAN (UINT64_C(512) * PAGE_SIZE)

static struct object_cache space_cache;

void address_space_init(void) {
    object_cache_init(&space_cache, "address space", sizeof(struct address_space));
}

static bool charge_nobody(struct account *account, int64_t pages) {
    (void)account, (void)pages;
    return true;
}

static address_space_charge_function *charge = charge_nobody;

void address_space_set_charge(address_space_charge_function *function) { charge = function; }

struct address_space *address_space_create(struct account *account) {
    if (!charge(account, 1)) return NULL;
    struct address_space *space = object_cache_alloc(&space_cache);
    if (space && (space->page_table = kernel_map_new_root())) {
        spinlock_init(&space->lock, LOCK_ADDRESS_SPACE);
        space->heap = NO_HEAP;
        space->account = account;
        space->tables = 1;
        return space;
    }
    if (space) object_cache_free(&space_cache, space);
    charge(account, -1);
    return NULL;
}

// The entry for an address, with its tables, which are charged before they are made. NULL when
// memory or the account is exhausted.
static uint64_t *make_entry(struct address_space *space, uint64_t address) {
    uint64_t *entry = page_table_entry(space->page_table, address), made = 0;
    if (entry || !charge(space->account, PAGE_TABLE_DEPTH)) return entry;
    entry = page_table_make_entry(space->page_table, address, &made);
    space->tables += made;
    charge(space->account, (int64_t)made - PAGE_TABLE_DEPTH);
    return entry;
}

static bool release_pages(void *context, uint64_t address, uint64_t *entries, uint32_t count) {
    struct address_space *space = context;
    (void)address;
    for (uint32_t i = 0; i < count; i++) {
        page_put(physical_to_direct(pte_physical(entries[i])));
        entries[i] = 0;
    }
    space->pages -= count;
    return true;
}

// The lowest address that is, or may become, part of a region.
static uint64_t lowest_of(const struct region *region) {
    return region->start - region->room * PAGE_SIZE;
}

void address_space_destroy(struct address_space *space) {
    kassert(space != address_space_current());
    charge(space->account, -(int64_t)(space->pages + space->tables));
    for (uint32_t i = 0; i < space->region_count; i++)
        page_table_walk(space->page_table, space->regions[i].start, space->regions[i].end,
                        release_pages, space);
    kassert(space->pages == 0);
    uint64_t start = UINT64_MAX, end = space->heap_highest;
    for (uint32_t i = 0; i < space->region_count; i++) {
        start = lowest_of(&space->regions[i]) < start ? lowest_of(&space->regions[i]) : start;
        end = space->regions[i].end > end ? space->regions[i].end : end;
    }
    page_table_destroy(space->page_table, space->region_count ? start : end, end);
    object_cache_free(&space_cache, space);
}

// True if [start, end) meets no region but `except`.
static bool range_is_free(const struct address_space *space, uint64_t start, uint64_t end,
                          uint32_t except) {
    for (uint32_t i = 0; i < space->region_count; i++)
        if (i != except && start < space->regions[i].end && lowest_of(&space->regions[i]) < end)
            return false;
    return true;
}

int address_space_add_region(struct address_space *space, uint64_t start, uint64_t end,
                             uint32_t flags) {
    if (start >= end || ((start | end) & (PAGE_SIZE - 1)) || start < PAGE_SIZE ||
        end > USER_ADDRESS_MAX)
        return -EINVAL;
    if ((flags & PTE_WRITE) && (flags & PTE_EXEC)) return -EINVAL;
    if (!range_is_free(space, start, end, NO_HEAP)) return -EINVAL;
    if (space->region_count == REGIONS_MAX) return -ENOMEM;
    space->regions[space->region_count++] = (struct region){start, end, flags, 0};
    return 0;
}

int address_space_add_stack(struct address_space *space, uint64_t lowest, uint64_t end) {
    int error = address_space_add_region(space, lowest, end, PTE_READ | PTE_WRITE);
    if (error) return error;
    struct region *stack = &space->regions[space->region_count - 1];
    stack->start = end;
    stack->room = (uint32_t)((end - lowest) >> PAGE_SHIFT);
    return 0;
}

int address_space_set_heap(struct address_space *space, uint64_t start) {
    if (space->region_count == REGIONS_MAX) return -ENOMEM;
    if ((start & (PAGE_SIZE - 1)) || start < PAGE_SIZE || start >= USER_ADDRESS_MAX) return -EINVAL;
    space->heap = space->region_count++;
    space->heap_end = space->heap_highest = start;
    space->regions[space->heap] = (struct region){start, start, PTE_READ | PTE_WRITE, 0};
    return 0;
}

// The region that an address lies in, or that grows to hold it.
static const struct region *region_of(struct address_space *space, uint64_t address) {
    for (uint32_t i = 0; i < space->region_count; i++) {
        struct region *region = &space->regions[i];
        if (address >= region->end || address < lowest_of(region)) continue;
        if (address < region->start) {
            region->room -= (uint32_t)((region->start - page_round_down(address)) >> PAGE_SHIFT);
            region->start = page_round_down(address);
        }
        return region;
    }
    return NULL;
}

static uint64_t entry_for(void *page, const struct region *region, bool may_write) {
    uint32_t flags = region->flags | PTE_USER;
    if ((flags & PTE_WRITE) && !may_write) flags = (flags & ~PTE_WRITE) | PTE_COW;
    return pte_make(direct_to_physical(page), flags);
}

int address_space_map_page(struct address_space *space, uint64_t address, void *page) {
    const struct region *region = region_of(space, address);
    kassert(region != NULL);
    uint64_t *entry = make_entry(space, address);
    if (!entry || !charge(space->account, 1)) return -ENOMEM;
    kassert(!pte_is_present(*entry));
    *entry = entry_for(page, region, !page_is_shared(page));
    space->pages++;
    return 0;
}

// ---- What other CPUs remember ------------------------------------------------------------------

static void wait_for_flush(struct cpu *cpu, uint32_t ticket) {
    while ((int32_t)(__atomic_load_n(&cpu->flushes_done, __ATOMIC_ACQUIRE) - ticket) < 0) {
        cpu_serve_flushes(); // that CPU may be waiting for this one
        arch_cpu_relax();
    }
}

// Makes the other CPUs that run threads of the process forget all of its mappings. Entries were
// taken away or restricted before; what they led to is given up after.
static void flush_others_locked(struct address_space *space) {
    uint32_t tickets[MAX_CPUS], asked = 0, self = this_cpu()->index;
    // Orders the entries before the looks at who uses them.
    __atomic_fetch_add(&space->shootdowns, 1, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < __atomic_load_n(&cpu_count, __ATOMIC_RELAXED); i++) {
        uint64_t active = __atomic_load_n(&cpus[i].page_table_active, __ATOMIC_SEQ_CST);
        if (i == self || active != space->page_table) continue;
        tickets[i] = __atomic_add_fetch(&cpus[i].flushes_wanted, 1, __ATOMIC_SEQ_CST);
        asked |= 1u << i;
        arch_ipi_send(i);
    }
    for (uint32_t i = 0; asked >> i; i++)
        if (asked >> i & 1) wait_for_flush(&cpus[i], tickets[i]);
}

// ---- Faults ------------------------------------------------------------------------------------

static bool region_allows(const struct region *region, enum fault_kind kind) {
    switch (kind) {
    case FAULT_READ: return region->flags & PTE_READ;
    case FAULT_WRITE: return region->flags & PTE_WRITE;
    case FAULT_EXECUTE: return region->flags & PTE_EXEC;
    default: return false;
    }
}

// Gives the writer a page of its own.
static int copy_on_write_locked(struct address_space *space, const struct region *region,
                                uint64_t *entry) {
    void *shared = physical_to_direct(pte_physical(*entry));
    if (!page_is_shared(shared)) {
        *entry = entry_for(shared, region, true);
        return 0;
    }
    void *copy = page_alloc();
    if (!copy) return -ENOMEM;
    page_copy(copy, shared);
    // Nobody may still read the old page when somebody can write to the new one.
    *entry = 0;
    flush_others_locked(space);
    *entry = entry_for(copy, region, true);
    page_put(shared);
    return 0;
}

static int add_zero_page_locked(struct address_space *space, const struct region *region,
                                uint64_t *entry) {
    if (!charge(space->account, 1)) return -ENOMEM;
    void *page = page_alloc_zeroed();
    if (!page) {
        charge(space->account, -1);
        return -ENOMEM;
    }
    *entry = entry_for(page, region, true);
    space->pages++;
    return 0;
}

static int resolve_fault_locked(struct address_space *space, uint64_t address,
                                enum fault_kind kind) {
    const struct region *region = region_of(space, address);
    if (!region || !region_allows(region, kind)) return -EFAULT;
    uint64_t *entry = make_entry(space, address);
    if (!entry) return -ENOMEM;
    if (!pte_is_present(*entry)) return add_zero_page_locked(space, region, entry);
    if (kind == FAULT_WRITE && (pte_flags(*entry) & PTE_COW))
        return copy_on_write_locked(space, region, entry);
    return 0; // the TLB was behind
}

int address_space_fault(struct address_space *space, uint64_t address, enum fault_kind kind) {
    spinlock_acquire(&space->lock);
    int result = resolve_fault_locked(space, address, kind);
    arch_tlb_flush_page(page_round_down(address));
    spinlock_release(&space->lock);
    return result;
}

// ---- Fork --------------------------------------------------------------------------------------

// Neighbouring pages have neighbouring entries, so the child's leaf table is looked up only when
// the walk enters a new one.
struct fork_walk {
    struct address_space *child;
    uint64_t *leaf;      // entry of leaf_start
    uint64_t leaf_start; // address of the table's first page
};

// Apart: of a process that forks again and again, most pages are so already.
static __attribute__((noinline)) uint64_t to_be_copied_on_write(uint64_t entry) {
    uint32_t flags = (pte_flags(entry) & ~(uint32_t)PTE_WRITE) | PTE_COW;
    return pte_make(pte_physical(entry), flags);
}

static bool share_pages(void *context, uint64_t address, uint64_t *entries, uint32_t count) {
    struct fork_walk *walk = context;
    uint64_t start = address & ~(LEAF_TABLE_SPAN - 1);
    if (!walk->leaf || start != walk->leaf_start) {
        walk->leaf = make_entry(walk->child, start);
        walk->leaf_start = start;
        if (!walk->leaf) return false;
    }
    uint64_t *copies = walk->leaf + ((address - start) >> PAGE_SHIFT);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t entry = entries[i];
        if (pte_flags(entry) & PTE_WRITE) entries[i] = entry = to_be_copied_on_write(entry);
        page_get(physical_to_direct(pte_physical(entry)));
        copies[i] = entry;
    }
    walk->child->pages += count;
    return true;
}

// The child's pages are charged before; what it does not get when memory is out it does not have.
static bool share_all_pages_locked(struct address_space *space, struct address_space *child) {
    struct fork_walk walk = {.child = child};
    if (!charge(child->account, (int64_t)space->pages)) return false;
    for (uint32_t i = 0; i < space->region_count; i++)
        if (!page_table_walk(space->page_table, space->regions[i].start, space->regions[i].end,
                             share_pages, &walk)) {
            charge(child->account, (int64_t)child->pages - (int64_t)space->pages);
            return false;
        }
    return true;
}

struct address_space *address_space_fork(struct address_space *space) {
    struct address_space *child = address_space_create(space->account);
    if (!child) return NULL;
    spinlock_acquire(&space->lock);
    child->region_count = space->region_count;
    child->heap = space->heap;
    child->heap_end = space->heap_end;
    child->heap_highest = space->heap_highest;
    memcpy(child->regions, space->regions, space->region_count * sizeof(space->regions[0]));
    bool complete = share_all_pages_locked(space, child);
    arch_tlb_flush_all();
    flush_others_locked(space);
    spinlock_release(&space->lock);
    if (complete) return child;
    address_space_destroy(child);
    return NULL;
}

// ---- Heap --------------------------------------------------------------------------------------

// Refuses what could never be backed, so that a program learns it from sbrk and not from a fault.
static bool memory_suffices(uint64_t pages) {
    struct page_statistics statistics;
    page_get_statistics(&statistics);
    return pages <= statistics.free + statistics.reclaimable;
}

#define UNMAP_PAGES 64

struct unmapped {
    void *pages[UNMAP_PAGES];
    uint32_t count;
};

static bool take_pages(void *context, uint64_t address, uint64_t *entries, uint32_t count) {
    struct unmapped *unmapped = context;
    (void)address;
    for (uint32_t i = 0; i < count; i++) {
        unmapped->pages[unmapped->count++] = physical_to_direct(pte_physical(entries[i]));
        entries[i] = 0;
    }
    return true;
}

// Pages go back when no CPU remembers them any more.
static void unmap_locked(struct address_space *space, uint64_t start, uint64_t end) {
    while (start < end) {
        struct unmapped unmapped = {.count = 0};
        uint64_t next =
            end - start > UNMAP_PAGES * PAGE_SIZE ? start + UNMAP_PAGES * PAGE_SIZE : end;
        page_table_walk(space->page_table, start, next, take_pages, &unmapped);
        if (unmapped.count > 0) {
            arch_tlb_flush_all();
            flush_others_locked(space);
        }
        for (uint32_t i = 0; i < unmapped.count; i++) page_put(unmapped.pages[i]);
        space->pages -= unmapped.count;
        charge(space->account, -(int64_t)unmapped.count);
        start = next;
    }
}

static int move_heap_locked(struct address_space *space, int64_t delta) {
    if (space->heap == NO_HEAP) return -ENOMEM;
    struct region *heap = &space->regions[space->heap];
    uint64_t wanted = space->heap_end + (uint64_t)delta;
    if (delta < 0 ? wanted < heap->start || wanted > space->heap_end
                  : wanted < space->heap_end || wanted > USER_ADDRESS_MAX)
        return -ENOMEM;
    uint64_t end = page_round_up(wanted);
    if (end > heap->end && (!range_is_free(space, heap->end, end, space->heap) ||
                            !memory_suffices((end - heap->end) >> PAGE_SHIFT)))
        return -ENOMEM;
    if (end < heap->end) unmap_locked(space, end, heap->end);
    heap->end = end;
    space->heap_end = wanted;
    space->heap_highest = end > space->heap_highest ? end : space->heap_highest;
    return 0;
}

int address_space_move_heap(struct address_space *space, int64_t delta, uint64_t *old) {
    spinlock_acquire(&space->lock);
    *old = space->heap_end;
    int result = move_heap_locked(space, delta);
    spinlock_release(&space->lock);
    return result;
}

// ---- Which one a CPU sees ----------------------------------------------------------------------

void address_space_activate(struct address_space *space) {
    interrupts_disable();
    arch_current()->space = space;
    address_space_switch_to(arch_current());
    interrupts_restore();
}
