// SPDX-License-Identifier: MIT
// The one radix walk: both machines have trees of 512 entries a level. The caller holds the lock
// of whatever owns the tree (an address space, or the kernel map).
#pragma once

#include "mem/page.h"

// The most tables that one address can need besides the root.
#define PAGE_TABLE_DEPTH (PAGE_TABLE_LEVELS - 1)

// The entry for `address` at level 0, or NULL if there is no table for it. `page_table` is the
// physical address of the root.
uint64_t *page_table_entry(uint64_t page_table, uint64_t address);

// The same, but makes the tables that are missing, and adds their number to *made. NULL when memory
// is out; some may have been made then.
uint64_t *page_table_make_entry(uint64_t page_table, uint64_t address, uint64_t *made);

// Maps [address, address+size) to `physical`, in the largest leaves that alignment allows (at most
// 2 MiB). All page aligned; nothing may be mapped there. Returns -ENOMEM or 0.
int page_table_map_range(uint64_t page_table, uint64_t address, uint64_t physical, uint64_t size,
                         uint32_t flags);

// Calls visit(context, address, entry) for every present level-0 entry of user space in
// [start, end). A false result ends the walk, which then returns false.
bool page_table_walk(uint64_t page_table, uint64_t start, uint64_t end,
                     bool (*visit)(void *context, uint64_t address, uint64_t *entry),
                     void *context);

// Frees the tables (not the pages) that lie under user addresses [start, end), and the root. The
// caller knows that there are no others.
void page_table_destroy(uint64_t page_table, uint64_t start, uint64_t end);
