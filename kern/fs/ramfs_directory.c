// SPDX-License-Identifier: MIT
// Names in memory. The directory's sleep lock guards its table, its slots and the entries; the lock
// of an entry's inode, taken second, guards that inode's links and parent.

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "cap/account.h"
#include "fs/ramfs_internal.h"
#include "lib/string.h"
#include "mem/object_cache.h"
#include "mem/page.h"

#define SLOTS_PER_PAGE   (PAGE_SIZE / sizeof(uintptr_t))
#define SLOTS_MAX        (PAGE_ARRAY_MAX * SLOTS_PER_PAGE)
#define BUCKETS_PER_PAGE (PAGE_SIZE / sizeof(struct ramfs_entry *))
#define BUCKET_PAGES_MAX 4096

// Entries come in two sizes, for usual names and for the longest.
#define ENTRY_SIZE_SMALL 64
#define ENTRY_SIZE_LARGE (sizeof(struct ramfs_entry) + NAME_MAX)
static struct object_cache small_entries;
static struct object_cache large_entries;

void ramfs_directory_init(void) {
    object_cache_init(&small_entries, "short name", ENTRY_SIZE_SMALL);
    object_cache_init(&large_entries, "long name", ENTRY_SIZE_LARGE);
}

static struct object_cache *entry_cache(size_t length) {
    return offsetof(struct ramfs_entry, name) + length <= ENTRY_SIZE_SMALL ? &small_entries
                                                                           : &large_entries;
}

// ---- Slots -------------------------------------------------------------------------------------

static uintptr_t *slot_at(const struct ramfs_directory *directory, uint32_t slot) {
    uintptr_t *page = page_array_get(&directory->slots, slot / SLOTS_PER_PAGE);
    return &page[slot % SLOTS_PER_PAGE];
}

// The entry in a slot, or NULL if it is free.
static struct ramfs_entry *slot_entry(const struct ramfs_directory *directory, uint32_t slot) {
    uintptr_t word = *slot_at(directory, slot);
    return word & 1 ? NULL : (struct ramfs_entry *)word;
}

// Makes sure that slot_take() finds one. False when out of memory.
static bool slot_reserve(struct ramfs_directory *directory) {
    uint32_t slot = directory->slot_count;
    if (directory->free_slot != RAMFS_SLOT_NONE || slot % SLOTS_PER_PAGE != 0) return true;
    void *page = slot < SLOTS_MAX ? page_alloc() : NULL;
    if (!page) return false;
    if (page_array_set(&directory->slots, slot / SLOTS_PER_PAGE, page)) return true;
    page_put(page);
    return false;
}

static void slot_take(struct ramfs_directory *directory, struct ramfs_entry *entry) {
    entry->slot = directory->free_slot;
    if (entry->slot == RAMFS_SLOT_NONE)
        entry->slot = directory->slot_count++;
    else
        directory->free_slot = (uint32_t)(*slot_at(directory, entry->slot) >> 1);
    *slot_at(directory, entry->slot) = (uintptr_t)entry;
}

static void slot_give_back(struct ramfs_directory *directory, uint32_t slot) {
    *slot_at(directory, slot) = (uintptr_t)directory->free_slot << 1 | 1;
    directory->free_slot = slot;
}

// ---- The hash table ----------------------------------------------------------------------------

static uint32_t name_hash(const char *name, size_t length) {
    uint64_t hash = length;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

static struct ramfs_entry **bucket_of(struct ramfs_directory *directory, uint32_t hash) {
    if (directory->bucket_pages == 0) return &directory->small[hash % RAMFS_BUCKETS_SMALL];
    size_t index = hash % (directory->bucket_pages * BUCKETS_PER_PAGE);
    struct ramfs_entry **page = page_array_get(&directory->buckets, index / BUCKETS_PER_PAGE);
    return &page[index % BUCKETS_PER_PAGE];
}

static void bucket_insert(struct ramfs_directory *directory, struct ramfs_entry *entry) {
    struct ramfs_entry **bucket = bucket_of(directory, entry->hash);
    entry->next = *bucket;
    *bucket = entry;
}

// What points to the entry of this name, or to the NULL where it would be.
static struct ramfs_entry **entry_find(struct ramfs_directory *directory, const char *name,
                                       size_t length) {
    uint32_t hash = name_hash(name, length);
    struct ramfs_entry **link = bucket_of(directory, hash);
    for (; *link; link = &(*link)->next) {
        struct ramfs_entry *entry = *link;
        if (entry->hash == hash && entry->length == length &&
            memcmp(entry->name, name, length) == 0)
            break;
    }
    return link;
}

// Adds pages to the table until there are `count`. False when out of memory.
static bool buckets_extend(struct ramfs_directory *directory, uint32_t count) {
    for (uint32_t i = directory->bucket_pages; i < count; i++) {
        void *page = page_alloc();
        if (page && page_array_set(&directory->buckets, i, page)) continue;
        if (page) page_put(page);
        page_array_truncate(&directory->buckets, directory->bucket_pages);
        return false;
    }
    return true;
}

// Doubles the table when there is more than one entry to a bucket. Without memory for that chains
// grow longer, which is no error.
static void buckets_grow(struct ramfs_directory *directory) {
    uint32_t pages = directory->bucket_pages;
    uint32_t buckets = pages > 0 ? pages * (uint32_t)BUCKETS_PER_PAGE : 2 * RAMFS_BUCKETS_SMALL;
    if (directory->entry_count <= buckets || pages == BUCKET_PAGES_MAX) return;
    pages = pages > 0 ? 2 * pages : 1;
    if (!buckets_extend(directory, pages)) return;
    directory->bucket_pages = pages;
    for (uint32_t i = 0; i < pages; i++) page_clear(page_array_get(&directory->buckets, i));
    for (uint32_t slot = 0; slot < directory->slot_count; slot++) {
        struct ramfs_entry *entry = slot_entry(directory, slot);
        if (entry) bucket_insert(directory, entry);
    }
}

// ---- Entries -----------------------------------------------------------------------------------

static void directory_count(struct ramfs_directory *directory, uint32_t entries) {
    directory->entry_count = entries;
    directory->inode.size = entries * sizeof(struct directory_entry);
}

// Gives back what an empty directory has grown to.
static void directory_reset(struct ramfs_directory *directory) {
    page_array_truncate(&directory->slots, 0);
    page_array_truncate(&directory->buckets, 0);
    memset(directory->small, 0, sizeof(directory->small));
    directory->bucket_pages = 0;
    directory->slot_count = 0;
    directory->free_slot = RAMFS_SLOT_NONE;
}

int ramfs_lookup(struct inode *inode, const char *name, size_t length, struct inode **found) {
    struct ramfs_directory *directory = ramfs_directory_of(inode);
    struct inode *target;
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        target = directory->parent;
    } else {
        struct ramfs_entry *entry = *entry_find(directory, name, length);
        target = entry ? entry->inode : NULL;
    }
    if (!target) return -ENOENT;
    inode_get(target);
    *found = target;
    return 0;
}

// Makes an entry; the reference to the inode is the caller's to take.
static int entry_add(struct ramfs_directory *directory, const char *name, size_t length,
                     struct inode *target) {
    struct account *account = account_current();
    if (!account_charge_kernel_pages(account, 1)) return -ENOMEM;
    struct ramfs_entry *entry = object_cache_alloc(entry_cache(length));
    if (!entry || !slot_reserve(directory)) {
        if (entry) object_cache_free(entry_cache(length), entry);
        account_release_kernel_pages(account, 1);
        return -ENOMEM;
    }
    account_get(account);
    entry->account = account;
    memcpy(entry->name, name, length);
    entry->length = (uint16_t)length;
    entry->hash = name_hash(name, length);
    entry->inode = target;
    slot_take(directory, entry);
    bucket_insert(directory, entry);
    directory_count(directory, directory->entry_count + 1);
    buckets_grow(directory);
    return 0;
}

// Removes the entry that a link leads to; its reference becomes the caller's.
static void entry_remove(struct ramfs_directory *directory, struct ramfs_entry **link) {
    struct ramfs_entry *entry = *link;
    *link = entry->next;
    slot_give_back(directory, entry->slot);
    directory_count(directory, directory->entry_count - 1);
    if (directory->entry_count == 0) directory_reset(directory);
    account_release_kernel_pages(entry->account, 1);
    account_put(entry->account);
    object_cache_free(entry_cache(entry->length), entry);
}

int ramfs_name(struct inode *inode, const char *name, size_t length, struct inode *target) {
    int error = entry_add(ramfs_directory_of(inode), name, length, target);
    if (error) return error;
    inode_get(target);
    target->links = 1;
    target->file_system = inode->file_system;
    if (target->kind == FILE_KIND_DIRECTORY) ramfs_directory_of(target)->parent = inode;
    return 0;
}

int ramfs_link(struct inode *inode, const char *name, size_t length, struct inode *target) {
    struct ramfs_directory *directory = ramfs_directory_of(inode);
    if (*entry_find(directory, name, length)) return -EEXIST;
    sleep_lock_acquire(&target->lock);
    int error = target->links == 0 ? -ENOENT : target->links == UINT32_MAX ? -EMLINK : 0;
    if (!error) error = entry_add(directory, name, length, target);
    if (!error) {
        inode_get(target);
        target->links++;
    }
    sleep_lock_release(&target->lock);
    return error;
}

// Takes the name from an inode. From here on nothing can be made in it if it is a directory.
static int inode_unname(struct inode *inode) {
    int error = 0;
    sleep_lock_acquire(&inode->lock);
    if (inode->kind == FILE_KIND_DIRECTORY && ramfs_directory_of(inode)->entry_count > 0) {
        error = -ENOTEMPTY;
    } else {
        inode->links--;
        if (inode->kind == FILE_KIND_DIRECTORY) ramfs_directory_of(inode)->parent = NULL;
    }
    sleep_lock_release(&inode->lock);
    return error;
}

int ramfs_unlink(struct inode *inode, const char *name, size_t length) {
    struct ramfs_directory *directory = ramfs_directory_of(inode);
    struct ramfs_entry **link = entry_find(directory, name, length);
    struct ramfs_entry *entry = *link;
    if (!entry) return -ENOENT;
    struct inode *target = entry->inode;
    int error = inode_unname(target);
    if (error) return error;
    entry_remove(directory, link);
    inode_put(target);
    return 0;
}

// Whether an inode may take the place of another, which it does not equal.
static int check_replaced(const struct inode *from, const struct inode *moved,
                          const struct inode *replaced) {
    bool is_directory = replaced->kind == FILE_KIND_DIRECTORY;
    if (is_directory != (moved->kind == FILE_KIND_DIRECTORY))
        return is_directory ? -EISDIR : -ENOTDIR;
    return replaced == from ? -ENOTEMPTY : 0; // what moves is in it
}

// Gives `moved` the new name, in the place of an inode or not.
static int move_in(struct inode *from, struct inode *to, const char *name, size_t length,
                   struct inode *moved) {
    struct ramfs_entry *there = *entry_find(ramfs_directory_of(to), name, length);
    if (!there) return entry_add(ramfs_directory_of(to), name, length, moved);
    struct inode *replaced = there->inode;
    int error = check_replaced(from, moved, replaced);
    if (!error) error = inode_unname(replaced);
    if (error) return error;
    there->inode = moved;
    inode_put(replaced);
    return 0;
}

int ramfs_rename(struct inode *from, const char *name, size_t length, struct inode *to,
                 const char *new_name, size_t new_length) {
    const struct ramfs_entry *entry = *entry_find(ramfs_directory_of(from), name, length);
    const struct ramfs_entry *there = *entry_find(ramfs_directory_of(to), new_name, new_length);
    if (!entry) return -ENOENT;
    struct inode *moved = entry->inode;
    if (there && there->inode == moved) return 0;
    int error = move_in(from, to, new_name, new_length, moved);
    if (error) return error;
    // The new entry has the old one's reference.
    entry_remove(ramfs_directory_of(from), entry_find(ramfs_directory_of(from), name, length));
    if (moved->kind == FILE_KIND_DIRECTORY && from != to) {
        sleep_lock_acquire(&moved->lock);
        ramfs_directory_of(moved)->parent = to;
        sleep_lock_release(&moved->lock);
    }
    return 0;
}

int ramfs_next_entry(struct inode *inode, uint64_t *position, struct directory_entry *entry) {
    struct ramfs_directory *directory = ramfs_directory_of(inode);
    for (; *position < directory->slot_count; ++*position) {
        const struct ramfs_entry *found = slot_entry(directory, (uint32_t)*position);
        if (!found) continue;
        *entry = (struct directory_entry){
            .inode = found->inode->number,
            .kind = found->inode->kind,
            .length = found->length,
        };
        memcpy(entry->name, found->name, found->length);
        ++*position;
        return 1;
    }
    return 0;
}
