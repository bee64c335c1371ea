// SPDX-License-Identifier: MIT
// Contents of files: reading, writing, cutting. The inode's lock guards size and contents. Bytes
// behind the size in its block may be anything; whoever moves the size beyond them clears them.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/uaccess.h"

#define READ_AHEAD 32 // blocks

static const char zeros[DISK_BLOCK_SIZE] __attribute__((aligned(8))); // what a hole reads as

static size_t part_of_block(uint64_t offset, size_t size) {
    size_t rest = DISK_BLOCK_SIZE - offset % DISK_BLOCK_SIZE;
    return size < rest ? size : rest;
}

static size_t part_of_file(const struct inode *inode, uint64_t offset, size_t size) {
    if (offset >= inode->size) return 0;
    uint64_t rest = inode->size - offset;
    return size < rest ? size : (size_t)rest;
}

// ---- Reading -----------------------------------------------------------------------------------

// Asks for the next blocks when a file is read in order, so many at once that it is worth it.
static void read_ahead(struct disk_node *node, uint32_t index) {
    if (index + 1 == node->next_read) return; // still the same block
    bool is_sequential = index == node->next_read;
    node->next_read = index + 1;
    if (!is_sequential) node->prefetched = index + 1;
    if (!is_sequential || node->prefetched > index + READ_AHEAD / 2) return;
    uint32_t end = disk_blocks_for(node->inode.size, DISK_BLOCK_SIZE);
    if (end > index + READ_AHEAD) end = index + READ_AHEAD;
    uint32_t at = node->prefetched > index ? node->prefetched : index + 1;
    uint32_t first = 0, count = 0; // of blocks that follow each other on the disk too
    for (uint32_t block; at < end; at++) {
        if (disk_map_find(node, at, &block) || !block) continue;
        if (block != first + count) {
            buffer_prefetch(&node->disk->cache, first, count);
            first = block;
            count = 0;
        }
        count++;
    }
    buffer_prefetch(&node->disk->cache, first, count);
    if (end > node->prefetched) node->prefetched = end;
}

// The bytes at an offset; *buffer is what the caller puts when it has done with them, or NULL.
static int bytes_at(struct disk_node *node, uint64_t offset, struct buffer **buffer,
                    const char **bytes) {
    uint32_t block, index = (uint32_t)(offset / DISK_BLOCK_SIZE);
    int error = disk_map_find(node, index, &block);
    *buffer = NULL;
    *bytes = zeros + offset % DISK_BLOCK_SIZE;
    if (error || block == 0) return error;
    error = buffer_get(&node->disk->cache, block, buffer);
    if (!error) *bytes = (const char *)(*buffer)->page + offset % DISK_BLOCK_SIZE;
    return error;
}

static int64_t read_blocks(struct disk_node *node, uint64_t offset, uint64_t user_buffer,
                           char *kernel_buffer, size_t size) {
    size_t done = 0;
    size = part_of_file(&node->inode, offset, size);
    while (done < size) {
        size_t part = part_of_block(offset + done, size - done);
        struct buffer *buffer;
        const char *bytes;
        read_ahead(node, (uint32_t)((offset + done) / DISK_BLOCK_SIZE));
        int error = bytes_at(node, offset + done, &buffer, &bytes);
        if (!error && kernel_buffer)
            memcpy(kernel_buffer + done, bytes, part);
        else if (!error)
            error = copy_to_user(user_buffer + done, bytes, part);
        if (buffer) buffer_put(buffer);
        if (error) return done > 0 && error != -EFAULT ? (int64_t)done : error;
        done += part;
    }
    return (int64_t)done;
}

int64_t disk_read(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size) {
    return read_blocks(disk_node_of(inode), offset, user_buffer, NULL, size);
}

int64_t disk_read_kernel(struct inode *inode, uint64_t offset, void *buffer, size_t size) {
    if (inode->kind != FILE_KIND_REGULAR) return -EINVAL;
    return read_blocks(disk_node_of(inode), offset, 0, buffer, size);
}

void *disk_get_page(struct inode *inode, uint64_t index) {
    struct buffer *buffer;
    const char *bytes;
    if (inode->kind != FILE_KIND_REGULAR || index >= inode->size / DISK_BLOCK_SIZE) return NULL;
    read_ahead(disk_node_of(inode), (uint32_t)index);
    if (bytes_at(disk_node_of(inode), index * DISK_BLOCK_SIZE, &buffer, &bytes) || !buffer)
        return NULL;
    void *page = buffer->page;
    page_get(page);
    buffer_put(buffer);
    return page;
}

// ---- Writing -----------------------------------------------------------------------------------

// Clears what stands behind the file's size, up to an offset in the same block or its end. Then the
// size may be moved there.
static int clear_tail(struct disk_node *node, uint64_t end) {
    uint64_t size = node->inode.size;
    uint32_t block;
    if (size % DISK_BLOCK_SIZE == 0 || end <= size) return 0;
    int error = disk_map_find(node, (uint32_t)(size / DISK_BLOCK_SIZE), &block);
    if (error || block == 0) return error;
    struct buffer *buffer;
    error = buffer_get_writable(&node->disk->cache, block, &buffer);
    if (error) return error;
    memset((char *)buffer->page + size % DISK_BLOCK_SIZE, 0, part_of_block(size, end - size));
    buffer_mark_dirty(buffer);
    buffer_put(buffer);
    return 0;
}

static int write_in_place(struct disk_node *node, uint32_t block, uint64_t offset, uint64_t user,
                          size_t size) {
    struct buffer *buffer;
    bool is_whole = size == DISK_BLOCK_SIZE;
    struct buffer_cache *cache = &node->disk->cache;
    int error = is_whole ? buffer_get_empty(cache, block, &buffer)
                         : buffer_get_writable(cache, block, &buffer);
    if (error) return error;
    error = copy_from_user((char *)buffer->page + offset % DISK_BLOCK_SIZE, user, size);
    if (error && is_whole)
        buffer_invalidate(buffer); // what stood there before is still on the disk
    else
        buffer_mark_dirty(buffer);
    buffer_put(buffer);
    return error;
}

// The block is not in the file before its contents are there.
static int write_new(struct disk_node *node, uint64_t offset, uint64_t user, size_t size) {
    struct disk *disk = node->disk;
    struct buffer *buffer;
    uint32_t block;
    int error = disk_block_allocate(disk, node->last_block + 1, &block);
    if (error) return error;
    error = buffer_get_empty(&disk->cache, block, &buffer);
    if (!error) {
        error = copy_from_user((char *)buffer->page + offset % DISK_BLOCK_SIZE, user, size);
        if (!error) error = disk_map_set(node, (uint32_t)(offset / DISK_BLOCK_SIZE), block);
        if (error)
            buffer_invalidate(buffer);
        else
            buffer_mark_dirty(buffer);
        buffer_put(buffer);
    }
    if (error) disk_block_return(disk, block);
    return error;
}

// Writes within one block, as part of an operation.
static int write_part(struct disk_node *node, uint64_t offset, uint64_t user, size_t size) {
    uint32_t block;
    int error = disk_map_find(node, (uint32_t)(offset / DISK_BLOCK_SIZE), &block);
    if (!error) error = clear_tail(node, offset);
    if (error) return error;
    error = block ? write_in_place(node, block, offset, user, size)
                  : write_new(node, offset, user, size);
    if (!error && node->inode.size < offset + size) node->inode.size = offset + size;
    return error;
}

static int write_operation(struct disk_node *node, uint64_t offset, uint64_t user, size_t size) {
    struct disk *disk = node->disk;
    struct buffer *table;
    int error = disk_begin(disk, DISK_MAP_BLOCKS);
    if (error) return error;
    error = disk_node_prepare(node, &table);
    if (!error) {
        error = write_part(node, offset, user, size);
        if (!error) disk_node_touch(node);
        disk_node_store(node, table);
    }
    disk_end(disk, DISK_MAP_BLOCKS);
    return error;
}

int64_t disk_write(struct inode *inode, uint64_t offset, uint64_t user_buffer, size_t size) {
    struct disk_node *node = disk_node_of(inode);
    if (offset >= DISK_FILE_MAX) return -EFBIG;
    if (size > DISK_FILE_MAX - offset) size = DISK_FILE_MAX - offset;
    if (node->is_being_cut) {
        int error = disk_node_cut(node);
        if (error) return error;
    }
    size_t done = 0;
    while (done < size) {
        size_t part = part_of_block(offset + done, size - done);
        int error = write_operation(node, offset + done, user_buffer + done, part);
        if (error) return done > 0 ? (int64_t)done : error;
        done += part;
    }
    return (int64_t)done;
}

// ---- Cutting -----------------------------------------------------------------------------------

// Such a file is cut within one operation.
static bool is_cut_at_once(const struct disk_node *node) {
    return !node->raw.double_indirect && node->raw.block_count < DISK_TRIM_BLOCKS - 6;
}

static int grow(struct disk_node *node, uint64_t size) {
    int error = clear_tail(node, size);
    if (!error) node->inode.size = size;
    return error;
}

// The first operation of a cut, with which the file has its new size. 1 if blocks are left over.
static int cut(struct disk_node *node, uint64_t size) {
    uint64_t old_size = node->inode.size;
    if (!is_cut_at_once(node)) {
        int error = disk_orphan_add(node);
        if (error) return error;
        node->is_being_cut = true;
        node->inode.size = size;
        return 1;
    }
    node->inode.size = size;
    int error = disk_map_trim(node, disk_blocks_for(size, DISK_BLOCK_SIZE));
    if (error) node->inode.size = old_size; // with holes where something was freed
    return error;
}

int disk_truncate(struct inode *inode, uint64_t size) {
    struct disk_node *node = disk_node_of(inode);
    struct disk *disk = node->disk;
    struct buffer *table;
    if (size > DISK_FILE_MAX) return -EFBIG;
    int result = node->is_being_cut ? disk_node_cut(node) : 0;
    if (!result) result = disk_begin(disk, DISK_TRIM_BLOCKS);
    if (result) return result;
    result = disk_node_prepare(node, &table);
    if (!result) {
        result = size < inode->size ? cut(node, size) : grow(node, size);
        if (result >= 0) disk_node_touch(node);
        disk_node_store(node, table);
    }
    disk_end(disk, DISK_TRIM_BLOCKS);
    return result > 0 ? disk_node_cut(node) : result;
}
