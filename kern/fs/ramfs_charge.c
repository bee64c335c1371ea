// SPDX-License-Identifier: MIT
// Who pays for the pages of files in memory: whoever makes a file grow, in whatever account it is.
// The inode's sleep lock guards its charges.

#include "cap/account.h"
#include "fs/ramfs_internal.h"
#include "mem/object_cache.h"

static struct object_cache charge_cache;

void ramfs_charge_init(void) {
    object_cache_init(&charge_cache, "ramfs charge", sizeof(struct ramfs_charge));
}

// The file's entry for an account, made if it is missing, and now the first. NULL when memory is
// out.
static struct ramfs_charge *take_charge(struct ramfs_file *file, struct account *account) {
    struct ramfs_charge **link = &file->charges, *charge;
    while (*link && (*link)->account != account) link = &(*link)->next;
    charge = *link;
    if (charge) {
        *link = charge->next;
    } else {
        charge = object_cache_alloc(&charge_cache);
        if (!charge) return NULL;
        account_get(account);
        charge->account = account;
        charge->pages = 0;
    }
    charge->next = file->charges;
    file->charges = charge;
    return charge;
}

bool ramfs_charge_page(struct ramfs_file *file) {
    struct ramfs_charge *charge = take_charge(file, account_current());
    if (!charge) return false;
    bool granted = account_charge_kernel_pages(charge->account, PAGE_ARRAY_DEPTH);
    if (granted)
        charge->pages += PAGE_ARRAY_DEPTH;
    else
        ramfs_charge_settle(file);
    return granted;
}

static uint64_t count_charged(const struct ramfs_file *file) {
    uint64_t pages = 0;
    for (const struct ramfs_charge *charge = file->charges; charge; charge = charge->next)
        pages += charge->pages;
    return pages;
}

void ramfs_charge_settle(struct ramfs_file *file) {
    uint64_t charged = count_charged(file), used = file->pages.count;
    struct ramfs_charge **link = &file->charges;
    while (*link) {
        struct ramfs_charge *charge = *link;
        uint64_t excess = charged > used ? charged - used : 0;
        if (excess > charge->pages) excess = charge->pages;
        account_release_kernel_pages(charge->account, excess);
        charge->pages -= excess;
        charged -= excess;
        if (charge->pages > 0) {
            link = &charge->next;
            continue;
        }
        *link = charge->next;
        account_put(charge->account);
        object_cache_free(&charge_cache, charge);
    }
}
