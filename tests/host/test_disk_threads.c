// SPDX-License-Identifier: MIT
// The file system on disk under threads on several CPUs, with transfers that end later, in any
// order: names are made and removed once, contents are whole, and the disk is clean afterwards.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"
#include "sched/thread.h"

#define THREADS 4
#define ROUNDS  150
#define QUEUE   256

static struct memory_disk disk;
static struct file_system *mounted;
static const struct block_operations *immediate;
static uint32_t running;      // atomic
static uint32_t successes[2]; // atomic

// ---- A disk that takes its time ----------------------------------------------------------------

static struct spinlock queue_lock = SPINLOCK_INIT(LOCK_VIRTIO);
static struct block_request *queue[QUEUE];
static uint32_t queued;
static uint32_t blocks_under_way, blocks_under_way_most;
static bool stops;

static uint32_t blocks_of(const struct block_request *request) {
    uint32_t count = 0;
    for (; request; request = request->more) count++;
    return count;
}

static void submit_later(struct block_device *device, struct block_request *request) {
    (void)device;
    spinlock_acquire(&queue_lock);
    require(queued < QUEUE);
    queue[queued++] = request;
    blocks_under_way += blocks_of(request);
    if (blocks_under_way > blocks_under_way_most) blocks_under_way_most = blocks_under_way;
    spinlock_release(&queue_lock);
}

// Transfers the requests, the newest first but for flushes, whose order counts.
static void serve(void *context) {
    (void)context;
    while (!__atomic_load_n(&stops, __ATOMIC_ACQUIRE)) {
        spinlock_acquire(&queue_lock);
        struct block_request *request = queued > 0 ? queue[--queued] : NULL;
        blocks_under_way -= blocks_of(request);
        spinlock_release(&queue_lock);
        if (request)
            immediate->submit(&disk.device, request);
        else
            thread_sleep_until(clock_now() + NANOSECONDS_PER_MILLISECOND);
    }
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    thread_exit();
}

// ---- What the threads do -----------------------------------------------------------------------

// Files and directories go to and fro under names that all threads use.
static void move_about(uint32_t index, int i) {
    static const char *const names[] = {"/d0/x",   "/d1/x", "/d0/dir",
                                        "/d1/dir", "/dir",  "/d0/dir/y"};
    uint32_t from = (index + (uint32_t)i) % 6, to = (index * 5 + (uint32_t)i / 6) % 6;
    struct file *file;
    if (from < 2 && file_open(names[from], O_CREAT | O_WRONLY, &file) == 0) file_close(file);
    if (from >= 2 && from < 5) path_make_directory(names[from]);
    path_link(names[from], names[to]);
    path_rename(names[from], names[to]);
    if (i % 5 == 0) path_unlink(names[to]);
}

static void storm(uint32_t index) {
    char path[32], other[32];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(path, sizeof(path), "/d%d/file%d", i % 2, i);
        snprintf(other, sizeof(other), "/d%d/other%u-%d", i % 2, index, i);
        int error = open_error(path, O_CREAT | O_EXCL | O_WRONLY);
        require(error == 0 || error == -EEXIST);
        __atomic_fetch_add(&successes[0], error == 0, __ATOMIC_RELAXED);
        file_make(other, "contents of a file");
        if (i % 8 == (int)index) require(disk_sync(mounted) == 0);
        error = path_unlink(path);
        require(error == 0 || error == -ENOENT);
        __atomic_fetch_add(&successes[1], error == 0, __ATOMIC_RELAXED);
        move_about(index, i);
        if (i % 3 == 0) require(path_unlink(other) == 0);
    }
}

static void run_thread(void *context) {
    fs_thread_begin();
    storm((uint32_t)(uintptr_t)context);
    fs_thread_end();
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    thread_exit();
}

static void wait_for(uint32_t left) {
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) > left)
        thread_sleep_until(clock_now() + NANOSECONDS_PER_MILLISECOND);
}

static const struct block_operations later = {.submit = submit_later};

// With so little memory that the cache gives up a block for nearly each that it takes.
#define LITTLE_MEMORY 500

static void start_disk(uint32_t threads) {
    memory_disk_make(&disk, 2048, 1024, 64);
    immediate = disk.device.operations;
    disk.device.operations = &later;
    running = 1 + threads;
    kernel_thread("disk", PRIORITY_DEFAULT, serve, NULL);
    mounted = disk_mount_root(&disk);
}

static void stop_disk(void) {
    diskfs_unmount(mounted);
    __atomic_store_n(&stops, true, __ATOMIC_RELEASE);
    wait_for(0);
    require(disk_is_clean(disk.image, disk.device.block_count));
    memory_disk_free(&disk);
    fs_thread_end();
}

static void run_storm(uint32_t pages) {
    fs_setup_in_thread();
    pages_take_all_but(pages);
    start_disk(THREADS);
    require(path_make_directory("/d0") == 0 && path_make_directory("/d1") == 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        kernel_thread("test", PRIORITY_DEFAULT, run_thread, (void *)i);
    wait_for(1);
    uint64_t signature = disk_tree_signature();
    require(successes[0] == successes[1] && successes[0] >= ROUNDS);
    diskfs_unmount(mounted);
    mounted = disk_mount_root(&disk);
    require(disk_tree_signature() == signature);
    stop_disk();
}

// While a file is read in order, so many blocks of it are asked for at once.
static void read_in_order(void) {
    fs_setup_in_thread();
    start_disk(0);
    struct file *file = file_at("/f", O_RDWR | O_CREAT);
    for (int i = 0; i < 8; i++) require(file_write(file, user, USER_SIZE) == USER_SIZE);
    file_close(file);
    diskfs_unmount(mounted);
    mounted = disk_mount_root(&disk); // with nothing cached
    file = file_at("/f", O_RDONLY);
    blocks_under_way_most = 0;
    for (int i = 0; i < 8; i++) require(file_read(file, user, USER_SIZE) == USER_SIZE);
    file_close(file);
    require(blocks_under_way_most >= 16 && blocks_under_way_most <= 33);
    stop_disk();
}

KERNEL_TEST(storm_on_one_cpu, 1) { run_storm(HOST_PAGES_DEFAULT); }
KERNEL_TEST(storm_on_four_cpus, 4) { run_storm(HOST_PAGES_DEFAULT); }
KERNEL_TEST(storm_with_little_memory, 4) { run_storm(LITTLE_MEMORY); }
KERNEL_TEST(reading_in_order_keeps_the_disk_busy, 2) { read_in_order(); }

Suite *disk_threads_suite(void) {
    Suite *suite = suite_create("disk_threads");
    TCase *made = add_case(suite, "storm", NULL, NULL, storm_on_one_cpu, storm_on_four_cpus,
                           storm_with_little_memory, reading_in_order_keeps_the_disk_busy);
    tcase_set_tags(made, "threads");
    return suite;
}
