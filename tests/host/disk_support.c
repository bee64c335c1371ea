// SPDX-License-Identifier: MIT
// A disk in memory. Requests end before submit() returns.
#include "disk_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/fsck/check_image.h"
#include "../../tools/mkfs/build_image.h"

static struct memory_disk *disk_of(struct block_device *device) {
    return container_of(device, struct memory_disk, device);
}

static void note(struct memory_disk *disk, uint64_t block, const void *data) {
    if (!disk->records) return;
    if (disk->event_count % 256 == 0)
        disk->events = realloc(disk->events, (disk->event_count + 256) * sizeof(*disk->events));
    struct disk_event *event = &disk->events[disk->event_count++];
    *event = (struct disk_event){.block = block};
    if (data) event->data = memcpy(malloc(BLOCK_SIZE), data, BLOCK_SIZE);
}

static int transfer(struct memory_disk *disk, const struct block_request *request) {
    uint8_t *place = disk->image + request->block * BLOCK_SIZE;
    if (__atomic_fetch_add(&disk->transfers, 1, __ATOMIC_RELAXED) >= disk->fails_after) return -EIO;
    require(request->kind == BLOCK_FLUSH || request->block < disk->device.block_count);
    switch (request->kind) {
    case BLOCK_READ: memcpy(request->page, place, BLOCK_SIZE); break;
    case BLOCK_WRITE:
        require(!disk->device.is_read_only);
        note(disk, request->block, request->page);
        memcpy(place, request->page, BLOCK_SIZE);
        break;
    case BLOCK_FLUSH: note(disk, DISK_EVENT_FLUSH, NULL); break;
    }
    return 0;
}

static void submit(struct block_device *device, struct block_request *request) {
    spinlock_assert_none_held();
    uint32_t together = 0;
    for (struct block_request *next; request; request = next) {
        next = request->more;
        require(++together <= BLOCKS_TOGETHER);
        require(!next || (next->kind == request->kind && next->block == request->block + 1));
        request->result = transfer(disk_of(device), request);
        request->done(request);
    }
    __atomic_fetch_add(&disk_of(device)->requests, 1, __ATOMIC_RELAXED);
}

static const struct block_operations operations = {.submit = submit};

// One image that has been given up, for the next of its size: there are thousands of them.
static uint8_t *spare;
static uint64_t spare_blocks;

static uint8_t *image_alloc(uint64_t blocks) {
    uint8_t *image = spare_blocks == blocks ? spare : NULL;
    if (image) spare = NULL;
    return image ? image : malloc(blocks * BLOCK_SIZE);
}

static void image_free(uint8_t *image, uint64_t blocks) {
    free(spare);
    spare = image;
    spare_blocks = blocks;
}

static void make(struct memory_disk *disk, uint32_t blocks) {
    *disk = (struct memory_disk){
        .device = {.name = "memory", .block_count = blocks, .operations = &operations},
        .image = image_alloc(blocks),
        .fails_after = UINT64_MAX,
    };
}

void memory_disk_make(struct memory_disk *disk, uint32_t blocks, uint32_t inodes, uint32_t log) {
    struct image_builder builder;
    make(disk, blocks);
    memset(disk->image, 0, (size_t)blocks * BLOCK_SIZE);
    image_build_begin(&builder, disk->image, blocks, inodes, log);
    const char *wrong = image_build_end(&builder);
    if (wrong) ck_abort_msg("mkfs: %s", wrong);
}

void memory_disk_copy(struct memory_disk *disk, const uint8_t *image, uint32_t blocks) {
    make(disk, blocks);
    memcpy(disk->image, image, (size_t)blocks * BLOCK_SIZE);
}

void memory_disk_record(struct memory_disk *disk) {
    for (uint32_t i = 0; i < disk->event_count; i++) free(disk->events[i].data);
    disk->event_count = 0;
    disk->records = true;
}

void memory_disk_free(struct memory_disk *disk) {
    memory_disk_record(disk);
    free(disk->events);
    disk->events = NULL;
    image_free(disk->image, disk->device.block_count);
}

struct file_system *disk_mount_root(struct memory_disk *disk) {
    struct file_system *file_system;
    char message[128];
    int error = diskfs_mount(&disk->device, &file_system, message, sizeof(message));
    if (error || *message) ck_abort_msg("mount: error %d: %s", -error, message);
    inode_set_root(file_system->root);
    return file_system;
}

// ---- fsck --------------------------------------------------------------------------------------

static void print(void *context, const char *what) {
    if (context) fprintf(stderr, "fsck: %s\n", what);
}

static bool is_clean(const uint8_t *image, uint64_t blocks, void *context) {
    uint32_t records;
    static uint8_t *copy;
    static uint64_t copy_blocks;
    if (blocks > copy_blocks) copy = realloc(copy, (copy_blocks = blocks) * BLOCK_SIZE);
    memcpy(copy, image, blocks * BLOCK_SIZE);
    enum image_state state = image_check(copy, blocks, print, context, &records);
    return state == IMAGE_CLEAN;
}

bool disk_is_clean(const uint8_t *image, uint64_t blocks) {
    return is_clean(image, blocks, (void *)&operations);
}

bool disk_is_clean_quietly(const uint8_t *image, uint64_t blocks) {
    return is_clean(image, blocks, NULL);
}

// ---- Trees -------------------------------------------------------------------------------------

static uint64_t mix(uint64_t sum, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t file_signature(struct inode *inode, uint64_t sum) {
    static char buffer[BLOCK_SIZE];
    int64_t count;
    for (uint64_t at = 0; at < inode->size; at += (uint64_t)count) {
        count = inode->operations->read_kernel(inode, at, buffer, sizeof(buffer));
        require(count > 0);
        memset(buffer + count, 0, sizeof(buffer) - (size_t)count);
        sum = disk_checksum(sum, buffer, sizeof(buffer));
    }
    return sum;
}

// Order does not matter: the sums of entries are added.
static uint64_t signature(struct inode *inode) {
    uint64_t sum = mix(inode->size, &inode->kind, sizeof(inode->kind)), position = 0;
    sum = mix(sum, &inode->links, sizeof(inode->links));
    if (inode->kind != FILE_KIND_DIRECTORY) return file_signature(inode, sum);
    struct directory_entry entry;
    int result;
    while ((result = inode->operations->next_entry(inode, &position, &entry)) > 0) {
        struct inode *child;
        require(inode->operations->lookup(inode, entry.name, entry.length, &child) == 0);
        require(child->number == entry.inode && child->kind == entry.kind);
        sum += mix(signature(child), entry.name, entry.length) * 31;
        inode_put(child);
    }
    if (result) ck_abort_msg("reading a directory: error %d: %s", -result, host_log());
    return sum;
}

uint64_t disk_tree_signature(void) { return signature(inode_root()); }

int disk_sync(struct file_system *file_system) { return file_system->sync(file_system); }

int disk_path_truncate(const char *path, uint64_t size) {
    struct inode *inode;
    int error = path_lookup(path, &inode);
    if (error) return error;
    sleep_lock_acquire(&inode->lock);
    error = -EISDIR;
    if (inode->kind == FILE_KIND_REGULAR) error = inode->operations->truncate(inode, size);
    sleep_lock_release(&inode->lock);
    inode_put(inode);
    return error;
}
