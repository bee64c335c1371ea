// SPDX-License-Identifier: MIT
// Contents of files in memory: sparse arrays of pages, which running programs may share. The
// inode's sleep lock guards size, pages and charges.

#include "abi/errno.h"
#include "fs/ramfs_internal.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/uaccess.h"

static const char zeros[PAGE_SIZE] __attribute__((aligned(8))); // what a hole reads as

static size_t part_of_page(uint64_t offset, size_t size) {
    size_t rest = PAGE_SIZE - offset % PAGE_SIZE;
    return size < rest ? size : rest;
}

// How many of `size` bytes at `offset` lie in the file.
static size_t part_of_file(const struct inode *inode, uint64_t offset, size_t size) {
    if (offset >= inode->size) return 0;
    uint64_t rest = inode->size - offset;
    return size < rest ? size : (size_t)rest;
}

static const char *bytes_at(struct ramfs_file *file, uint64_t offset) {
    const char *page = page_array_get(&file->pages, offset / PAGE_SIZE);
    return (page ? page : zeros) + offset % PAGE_SIZE;
}

// Page by page, and faulting in what is missing of the buffer.
static __attribute__((noinline)) int64_t read_pages(struct ramfs_file *file, uint64_t offset,
                                                    uint64_t user_buffer, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t part = part_of_page(offset + done, size - done);
        int error = copy_to_user(user_buffer + done, bytes_at(file, offset + done), part);
        if (error) return error;
        done += part;
    }
    return (int64_t)size;
}

int64_t ramfs_read(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size) {
    struct ramfs_file *file = ramfs_file_of(inode);
    size = part_of_file(inode, offset, size);
    if (size == 0) return 0;
    // Mostly it is one page to a buffer that is there.
    if (size <= PAGE_SIZE - offset % PAGE_SIZE &&
        copy_to_user_atomic(user_buffer, bytes_at(file, offset), size) == size)
        return (int64_t)size;
    return read_pages(file, offset, user_buffer, size);
}

int64_t ramfs_read_kernel(struct inode *inode, uint64_t offset, void *buffer, size_t size) {
    if (inode->kind != FILE_KIND_REGULAR) return -EINVAL;
    struct ramfs_file *file = ramfs_file_of(inode);
    size = part_of_file(inode, offset, size);
    for (size_t done = 0; done < size;) {
        size_t part = part_of_page(offset + done, size - done);
        memcpy((char *)buffer + done, bytes_at(file, offset + done), part);
        done += part;
    }
    return (int64_t)size;
}

void *ramfs_get_page(struct inode *inode, uint64_t index) {
    if (inode->kind != FILE_KIND_REGULAR || index >= PAGE_ARRAY_MAX) return NULL;
    void *page = page_array_get(&ramfs_file_of(inode)->pages, index);
    if (page) page_get(page);
    return page;
}

// A page to take the place of `old`, which is shared or missing.
static void *page_replacement(const void *old) {
    void *page = old ? page_alloc() : page_alloc_zeroed();
    if (page && old) page_copy(page, old);
    return page;
}

// Writes within one page that belongs to the file alone.
static int write_in_place(struct inode *inode, char *page, uint64_t offset, uint64_t user_buffer,
                          size_t size) {
    int error = copy_from_user(page + offset % PAGE_SIZE, user_buffer, size);
    // A failed copy may have left something behind the end of the file.
    uint64_t clean = inode->size > offset ? inode->size : offset;
    if (error && clean < offset + size) memset(page + clean % PAGE_SIZE, 0, offset + size - clean);
    return error;
}

// Writes within one page. Bytes that are new to the file are in its page before the file sees it.
static int write_part(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size) {
    struct ramfs_file *file = ramfs_file_of(inode);
    uint64_t index = offset / PAGE_SIZE;
    void *old = page_array_get(&file->pages, index);
    if (old && !page_is_shared(old)) return write_in_place(inode, old, offset, user_buffer, size);
    char *page = size == PAGE_SIZE ? page_alloc() : page_replacement(old);
    if (!page) return -ENOSPC;
    int error = copy_from_user(page + offset % PAGE_SIZE, user_buffer, size);
    if (!error && !page_array_set(&file->pages, index, page)) error = -ENOSPC;
    void *unused = error ? page : old;
    if (unused) page_put(unused);
    return error;
}

// The same, charged for.
static int write_charged(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size) {
    struct ramfs_file *file = ramfs_file_of(inode);
    if (page_array_get(&file->pages, offset / PAGE_SIZE))
        return write_part(inode, offset, user_buffer, size);
    if (!ramfs_charge_page(file)) return -ENOSPC;
    int error = write_part(inode, offset, user_buffer, size);
    ramfs_charge_settle(file);
    return error;
}

int64_t ramfs_write(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size) {
    if (offset >= RAMFS_FILE_MAX) return -EFBIG;
    if (size > RAMFS_FILE_MAX - offset) size = RAMFS_FILE_MAX - offset;
    size_t done = 0;
    while (done < size) {
        size_t part = part_of_page(offset + done, size - done);
        int error = write_charged(inode, offset + done, user_buffer + done, part);
        if (error) return done > 0 ? (int64_t)done : error;
        done += part;
        if (inode->size < offset + done) inode->size = offset + done;
    }
    return (int64_t)done;
}

// Clears what lies behind `size` in its page.
static int clear_tail(struct ramfs_file *file, uint64_t size) {
    uint64_t index = size / PAGE_SIZE;
    char *page = size % PAGE_SIZE ? page_array_get(&file->pages, index) : NULL;
    if (!page) return 0;
    if (page_is_shared(page)) {
        char *copy = page_replacement(page);
        if (!copy) return -ENOSPC;
        page_array_set(&file->pages, index, copy); // cannot fail: something is there
        page_put(page);
        page = copy;
    }
    memset(page + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
    return 0;
}

int ramfs_truncate(struct inode *inode, uint64_t size) {
    struct ramfs_file *file = ramfs_file_of(inode);
    if (size > RAMFS_FILE_MAX) return -EFBIG;
    if (size < inode->size) {
        int error = clear_tail(file, size);
        if (error) return error;
        page_array_truncate(&file->pages, (size + PAGE_SIZE - 1) / PAGE_SIZE);
        ramfs_charge_settle(file);
    }
    inode->size = size;
    return 0;
}

int ramfs_fill(struct inode *inode, const void *contents, size_t size) {
    struct ramfs_file *file = ramfs_file_of(inode);
    if (size > RAMFS_FILE_MAX) return -EFBIG;
    for (size_t done = 0; done < size;) {
        size_t part = part_of_page(done, size - done);
        char *page = part == PAGE_SIZE ? page_alloc() : page_alloc_zeroed();
        if (!page) return -ENOSPC;
        memcpy(page, (const char *)contents + done, part);
        bool added =
            ramfs_charge_page(file) && page_array_set(&file->pages, done / PAGE_SIZE, page);
        ramfs_charge_settle(file);
        if (!added) {
            page_put(page);
            return -ENOSPC;
        }
        done += part;
        inode->size = done;
    }
    return 0;
}
