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

// Calls visit(context, address, entries, count) for the present level-0 entries of user space in
// [start, end), as many at once as lie side by side in a table; the first is that of the address. A
// false result ends the walk, which then returns false.
typedef bool page_table_visit(void *context, uint64_t address, uint64_t *entries, uint32_t count);
bool page_table_walk(uint64_t page_table, uint64_t start, uint64_t end, page_table_visit *visit,
                     void *context);

// Frees the tables (not the pages) that lie under user addresses [start, end), and the root. The
// caller knows that there are no others.
void page_table_destroy(uint64_t page_table, uint64_t start, uint64_t end);
