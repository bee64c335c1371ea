// SPDX-License-Identifier: MIT
// The write-ahead log, and the transaction that all running operations share. The cache's lock
// guards the transaction's counts.
//
// A commit happens when somebody asks for it (fsync, sync), when the transaction is as large as a
// record may be, when an operation ends and the first was long ago, and when space runs out. It
// waits until no operation runs, keeps new ones waiting, and then: writes contents of files to
// their places; flushes; writes the changed blocks, in front of them a block that names them and
// has the checksum of all, to the log; flushes. At the second flush the transaction is durable. The
// blocks go to their places much later, together, when the log has no room for another record.
//
// So a crash loses what has happened since the last commit, and only that, except that contents
// that were overwritten since then may be the old or the new, block by block. What a file shows is
// always its own: its blocks are written before the commit that makes them its own, and blocks are
// not used again before the commit that frees them, nor while the log has something for their
// place.

#include "abi/errno.h"
#include "fs/disk_internal.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/page.h"

#define COMMIT_AFTER (5000 * NANOSECONDS_PER_MILLISECOND)

// How many blocks a transaction can have: then two records always fit.
static uint32_t record_capacity(const struct disk *disk) {
    uint32_t half = disk->super.log_blocks / 2 - 1;
    return half < DISK_LOG_RECORD_MAX ? half : DISK_LOG_RECORD_MAX;
}

static uint64_t log_block(const struct disk *disk, uint32_t offset) {
    return DISK_LOG_START + (disk->position + offset) % disk->super.log_blocks;
}

static struct disk_log_record *record_of(struct disk *disk) { return disk->record.page; }

// Notes durably that the log has nothing before `position`.
static int write_header(struct disk *disk) {
    struct disk_log_header *header = disk->record.page;
    page_clear(header);
    *header = (struct disk_log_header){
        .magic = DISK_LOG_MAGIC, .sequence = disk->sequence, .position = disk->position};
    header->checksum = disk_checksum(0, header, offsetof(struct disk_log_header, checksum));
    buffer_start_write(&disk->record, DISK_LOG_HEADER);
    int error = buffer_wait_writes(&disk->cache);
    if (!error) error = buffer_flush(&disk->cache);
    if (!error) disk->used = 0;
    return error;
}

// ---- Committing --------------------------------------------------------------------------------

static int write_record(struct disk *disk) {
    struct buffer_cache *cache = &disk->cache;
    struct disk_log_record *record = record_of(disk);
    page_clear(record);
    record->magic = DISK_LOG_RECORD_MAGIC;
    record->sequence = disk->sequence;
    record->count = cache->changed_count;
    uint32_t count = 0;
    list_for_each(node, &cache->changed) record->blocks[count++] =
        container_of(node, struct buffer, changed_node)->block;
    uint64_t sum = disk_log_record_checksum(record);
    count = 0;
    list_for_each(node, &cache->changed) {
        struct buffer *buffer = container_of(node, struct buffer, changed_node);
        sum = disk_checksum(sum, buffer->page, DISK_BLOCK_SIZE);
        buffer_start_write(buffer, log_block(disk, ++count));
    }
    record->checksum = sum;
    buffer_start_write(&disk->record, log_block(disk, 0));
    int error = buffer_wait_writes(cache);
    if (!error) error = buffer_flush(cache);
    if (error) return error;
    disk->position = (disk->position + 1 + count) % disk->super.log_blocks;
    disk->used += 1 + count;
    disk->sequence++;
    return 0;
}

static int checkpoint(struct disk *disk) {
    int error = buffer_write_logged(&disk->cache);
    return error ? error : write_header(disk);
}

// No operation runs.
static int commit(struct disk *disk) {
    int error = buffer_write_dirty(&disk->cache);
    if (!error) error = buffer_flush(&disk->cache);
    if (error || disk->cache.changed_count == 0) return error;
    error = write_record(disk);
    if (error) return error;
    buffer_changed_are_logged(&disk->cache);
    disk_space_committed(disk);
    bool is_full = disk->super.log_blocks - disk->used < record_capacity(disk) + 1;
    return is_full || disk->free_blocks < DISK_SPACE_LOW ? checkpoint(disk) : 0;
}

static void commit_locked(struct disk *disk) {
    struct buffer_cache *cache = &disk->cache;
    disk->is_committing = true;
    disk->commit_wanted = false;
    spinlock_release(&cache->lock);
    int error = commit(disk);
    if (error && !disk->has_failed)
        kprintf("disk %s: writing failed, so that it is read-only from now on\n",
                cache->device->name);
    spinlock_acquire(&cache->lock);
    if (error) disk->has_failed = disk->file_system.is_read_only = true;
    disk->is_committing = false;
    disk->committed = disk->running++;
    wait_queue_wake_all(&disk->waiters);
}

// Waits for the end of a commit, which begins as soon as no operation runs.
static void wait_for_commit_locked(struct disk *disk) {
    disk->commit_wanted = !disk->is_committing;
    if (disk->commit_wanted && disk->active == 0)
        commit_locked(disk);
    else
        wait_queue_sleep_unkillable(&disk->waiters, &disk->cache.lock);
}

int disk_commit(struct disk *disk) {
    struct buffer_cache *cache = &disk->cache;
    spinlock_acquire(&cache->lock);
    bool is_idle = cache->changed_count == 0 && cache->dirty_count == 0 && disk->active == 0 &&
                   !disk->is_committing;
    uint64_t wanted = is_idle ? 0 : disk->running;
    while (disk->committed < wanted && !disk->has_failed) wait_for_commit_locked(disk);
    int error = disk->has_failed ? -EIO : 0;
    spinlock_release(&cache->lock);
    return error;
}

// ---- Operations --------------------------------------------------------------------------------

int disk_begin(struct disk *disk, uint32_t blocks) {
    struct buffer_cache *cache = &disk->cache;
    if (disk_space_is_pending(disk)) disk_commit(disk);
    spinlock_acquire(&cache->lock);
    while (!disk->has_failed &&
           (disk->is_committing || disk->commit_wanted ||
            cache->changed_count + disk->reserved + blocks > record_capacity(disk)))
        wait_for_commit_locked(disk);
    int error = disk->has_failed ? -EROFS : 0;
    if (!error) {
        if (disk->active == 0 && cache->changed_count == 0) disk->began = clock_now();
        disk->active++;
        disk->reserved += blocks;
    }
    spinlock_release(&cache->lock);
    return error;
}

void disk_end(struct disk *disk, uint32_t blocks) {
    struct buffer_cache *cache = &disk->cache;
    spinlock_acquire(&cache->lock);
    disk->active--;
    disk->reserved -= blocks;
    if (!disk->is_committing && clock_now() - disk->began > COMMIT_AFTER)
        disk->commit_wanted = true;
    if (disk->active == 0 && disk->commit_wanted) commit_locked(disk);
    spinlock_release(&cache->lock);
}

// ---- Recovery ----------------------------------------------------------------------------------

// Reads a block of the log past the cache's hash, into the page of `record`.
static int read_log(struct disk *disk, uint32_t offset, void *page) {
    return block_transfer_and_wait(disk->cache.device, BLOCK_READ, log_block(disk, offset), page);
}

// Whether a complete record begins at the log's position: 1 or 0, or an error.
static int record_is_complete(struct disk *disk, void *page) {
    struct disk_log_record *record = record_of(disk);
    int error = read_log(disk, 0, record);
    if (error) return error;
    if (!disk_log_record_is_plausible(&disk->super, record, disk->sequence)) return 0;
    uint64_t sum = disk_log_record_checksum(record);
    for (uint32_t i = 0; i < record->count; i++) {
        if ((error = read_log(disk, i + 1, page))) return error;
        sum = disk_checksum(sum, page, DISK_BLOCK_SIZE);
    }
    return sum == record->checksum;
}

static int replay_record(struct disk *disk, void *page) {
    struct block_device *device = disk->cache.device;
    const struct disk_log_record *record = record_of(disk);
    int error = 0;
    for (uint32_t i = 0; !error && i < record->count; i++) {
        error = read_log(disk, i + 1, page);
        if (!error) error = block_transfer_and_wait(device, BLOCK_WRITE, record->blocks[i], page);
    }
    disk->position = (disk->position + 1 + record->count) % disk->super.log_blocks;
    disk->used += 1 + record->count;
    disk->sequence++;
    return error;
}

// Records follow each other until one is incomplete, at most once around.
static int replay(struct disk *disk, void *page) {
    int found;
    while ((found = record_is_complete(disk, page)) == 1) {
        if (disk->cache.device->is_read_only) return -EROFS;
        if (disk->used + 1 + record_of(disk)->count > disk->super.log_blocks) return -EIO;
        int error = replay_record(disk, page);
        if (error) return error;
    }
    return found;
}

int disk_log_open(struct disk *disk) {
    struct disk_log_header *header = disk->record.page;
    struct block_device *device = disk->cache.device;
    int error = block_transfer_and_wait(device, BLOCK_READ, DISK_LOG_HEADER, header);
    if (error) return error;
    if (!disk_log_header_is_good(&disk->super, header)) return -EINVAL;
    disk->sequence = header->sequence;
    disk->position = header->position;
    void *page = page_alloc();
    if (!page) return -ENOMEM;
    error = replay(disk, page);
    page_put(page);
    if (error || device->is_read_only) return error;
    // An incomplete record may be there with the next number, and must never become complete.
    disk->sequence++;
    disk->cache.flush_due = true;
    error = buffer_flush(&disk->cache);
    return error ? error : write_header(disk);
}
