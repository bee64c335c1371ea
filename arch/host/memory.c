// SPDX-License-Identifier: MIT
// What a memory-management unit does: translations through a small TLB of each CPU, which forgets
// only what it is told to forget, and the copies that need them.

#include <string.h>

#include "host.h"
#include "mem/page.h"

#define LEVEL_BITS 9

static struct host_tlb_entry *tlb_slot(uint64_t page) {
    return &host_cpu()->tlb[(page >> PAGE_SHIFT) % HOST_TLB_ENTRIES];
}

void arch_tlb_flush_page(uint64_t address) {
    uint64_t page = page_round_down(address);
    if (tlb_slot(page)->page == page) tlb_slot(page)->page = UINT64_MAX;
}

void arch_tlb_flush_all(void) {
    for (uint32_t i = 0; i < HOST_TLB_ENTRIES; i++) host_cpu()->tlb[i].page = UINT64_MAX;
}

void arch_page_table_activate(uint64_t page_table) {
    host_cpu()->page_table = page_table;
    arch_tlb_flush_all();
}

// The leaf for a page, as an entry of level 0; 0 if there is none.
static uint64_t walk(uint64_t page) {
    uint64_t table = host_cpu()->page_table;
    for (int level = PAGE_TABLE_LEVELS - 1; table && level >= 0; level--) {
        uint32_t shift = PAGE_SHIFT + LEVEL_BITS * (uint32_t)level;
        const uint64_t *entries = physical_to_direct(table);
        uint64_t entry = entries[page >> shift & ((1u << LEVEL_BITS) - 1)];
        if (!pte_is_present(entry)) return 0;
        if (pte_is_leaf(entry, (uint32_t)level))
            return entry + (page & ((UINT64_C(1) << shift) - 1));
        table = pte_physical(entry);
    }
    return 0;
}

static bool allows(uint64_t entry, uint32_t needed) {
    return pte_is_present(entry) && (pte_flags(entry) & needed) == needed;
}

uint8_t *host_user_byte(uint64_t address, uint32_t needed) {
    uint64_t page = page_round_down(address);
    if (address >= USER_ADDRESS_MAX) return NULL;
    struct host_tlb_entry *slot = tlb_slot(page);
    needed |= PTE_USER;
    // What is there is believed, also when it forbids: a fault that changed it must have flushed
    // it. That nothing is there is not remembered.
    if (slot->page != page) *slot = (struct host_tlb_entry){page, walk(page)};
    if (!pte_is_present(slot->entry)) slot->page = UINT64_MAX;
    if (!allows(slot->entry, needed)) return NULL;
    return (uint8_t *)physical_to_direct(pte_physical(slot->entry)) + (address - page);
}

size_t arch_user_copy(void *to, const void *from, size_t size) {
    bool writes = (uint64_t)to < USER_ADDRESS_MAX;
    uint64_t user = writes ? (uint64_t)to : (uint64_t)from;
    char *kernel = writes ? (char *)(uintptr_t)from : to;
    while (size > 0) {
        size_t step = PAGE_SIZE - (user & (PAGE_SIZE - 1));
        step = step < size ? step : size;
        uint8_t *bytes = host_user_byte(user, writes ? PTE_WRITE : PTE_READ);
        if (!bytes) break;
        memcpy(writes ? (char *)bytes : kernel, writes ? kernel : (char *)bytes, step);
        user += step;
        kernel += step;
        size -= step;
    }
    return size;
}
