// SPDX-License-Identifier: MIT
// The one radix walk. Entries are read and written whole; the caller's lock guards the tree.

#include "mem/page_table.h"
#include "abi/errno.h"
#include "lib/print.h"

#define ENTRIES     512
#define LEVEL_BITS  9
#define LARGE_LEVEL 1 // 2 MiB leaves, the largest that is mapped
#define LARGE_SIZE  (PAGE_SIZE << LEVEL_BITS)

static uint32_t entry_index(uint64_t address, int level) {
    return (address >> (PAGE_SHIFT + LEVEL_BITS * level)) & (ENTRIES - 1);
}

static uint64_t *table_of(uint64_t physical) { return physical_to_direct(physical); }

// The entry for `address` at `target`, with the tables above it, if `made` is there to count them.
static uint64_t *entry_at(uint64_t page_table, uint64_t address, int target, uint64_t *made) {
    uint64_t *table = table_of(page_table);
    for (int level = PAGE_TABLE_LEVELS - 1; level > target; level--) {
        uint64_t *entry = &table[entry_index(address, level)];
        if (!pte_is_present(*entry)) {
            void *fresh = made ? page_alloc_zeroed() : NULL;
            if (!fresh) return NULL;
            ++*made;
            *entry = pte_make_table(direct_to_physical(fresh));
        }
        kassert(!pte_is_leaf(*entry, level));
        table = table_of(pte_physical(*entry));
    }
    return &table[entry_index(address, target)];
}

uint64_t *page_table_entry(uint64_t page_table, uint64_t address) {
    return entry_at(page_table, address, 0, NULL);
}

uint64_t *page_table_make_entry(uint64_t page_table, uint64_t address, uint64_t *made) {
    return entry_at(page_table, address, 0, made);
}

int page_table_map_range(uint64_t page_table, uint64_t address, uint64_t physical, uint64_t size,
                         uint32_t flags) {
    uint64_t made = 0;
    while (size > 0) {
        bool large = ((address | physical) & (LARGE_SIZE - 1)) == 0 && size >= LARGE_SIZE;
        uint64_t step = large ? LARGE_SIZE : PAGE_SIZE;
        uint64_t *entry = entry_at(page_table, address, large ? LARGE_LEVEL : 0, &made);
        if (!entry) return -ENOMEM;
        kassert(!pte_is_present(*entry));
        *entry = large ? pte_make_large(physical, flags) : pte_make(physical, flags);
        address += step;
        physical += step;
        size -= step;
    }
    return 0;
}

// The first entry in [index, last) that is not zero, or `last`. Tables are mostly empty, so eight
// entries are looked at together.
static uint32_t next_used_entry(const uint64_t *table, uint32_t index, uint32_t last) {
    while (index < last && table[index] == 0) {
        const uint64_t *t = &table[++index];
        while (index + 8 <= last && (t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7]) == 0) {
            index += 8;
            t += 8;
        }
    }
    return index;
}

// Visits the entries [index, last) of a leaf table, run by run.
static bool walk_leaf(uint64_t *table, uint64_t base, uint32_t index, uint32_t last,
                      page_table_visit *visit, void *context) {
    while ((index = next_used_entry(table, index, last)) < last) {
        uint32_t first = index;
        while (index < last && pte_is_present(table[index])) index++;
        if (index == first)
            index++;
        else if (!visit(context, base + first * PAGE_SIZE, &table[first], index - first))
            return false;
    }
    return true;
}

bool page_table_walk(uint64_t page_table, uint64_t start, uint64_t end, page_table_visit *visit,
                     void *context) {
    while (start < end) {
        uint64_t *table = table_of(page_table);
        int level = PAGE_TABLE_LEVELS - 1;
        while (level > 0 && pte_is_present(table[entry_index(start, level)]))
            table = table_of(pte_physical(table[entry_index(start, level--)]));
        uint64_t span = (uint64_t)PAGE_SIZE << (LEVEL_BITS * level);
        if (level > 0) { // nothing below this entry: go on behind it
            start = (start & ~(span - 1)) + span;
            continue;
        }
        uint32_t index = entry_index(start, 0);
        uint64_t base = start - index * PAGE_SIZE;
        uint64_t pages = (end - base) >> PAGE_SHIFT;
        uint32_t last = pages < ENTRIES ? (uint32_t)pages : ENTRIES;
        if (!walk_leaf(table, base, index, last, visit, context)) return false;
        start = base + ENTRIES * PAGE_SIZE;
    }
    return true;
}

// Frees a table of this level and those below it that cover addresses from `start` to `last`.
static void destroy_table(uint64_t physical, int level, uint64_t start, uint64_t last) {
    uint64_t *table = table_of(physical);
    uint64_t span = (uint64_t)PAGE_SIZE << (LEVEL_BITS * level);
    for (uint64_t at = start; level > 0 && at <= last; at = (at & ~(span - 1)) + span) {
        uint64_t entry = table[entry_index(at, level)];
        uint64_t end = at | (span - 1);
        if (pte_is_present(entry))
            destroy_table(pte_physical(entry), level - 1, at, end < last ? end : last);
    }
    page_put(table);
}

void page_table_destroy(uint64_t page_table, uint64_t start, uint64_t end) {
    if (start == end) {
        page_put(table_of(page_table));
        return;
    }
    destroy_table(page_table, PAGE_TABLE_LEVELS - 1, start, end - 1);
}
