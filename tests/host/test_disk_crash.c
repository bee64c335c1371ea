// SPDX-License-Identifier: MIT
// Crashes. Of each workload every block write is noted. Between two flushes a crash may leave any
// subset of the writes; the disk is mounted after each of those (a sample where there are many),
// must be clean, and must show the tree as it was after some operation not before the last sync.
// Recovery is crashed again in the same way.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_support.h"

#define BLOCKS     256
#define INODES     64
#define LOG        64
#define OPERATIONS 150
#define SUBSETS    48 // of one interval, where there are more

// The file whose contents are overwritten in place; its last block is not whole.
#define OVER_BLOCKS 6
#define OVER_SIZE   (OVER_BLOCKS * BLOCK_SIZE - 1000)

static struct memory_disk disk;
static uint8_t durable[BLOCKS * BLOCK_SIZE]; // the image before the workload

// What the tree is after each operation, and how much has been written by then.
static struct step {
    uint64_t signature;
    uint32_t events;
    bool is_sync;
    uint64_t sums[OVER_BLOCKS]; // of the file that is overwritten
} steps[OPERATIONS + 1];
static uint32_t step_count;

static uint32_t crashes;

// ---- Workloads ---------------------------------------------------------------------------------

static const char *random_path(void) {
    static char paths[2][32];
    static int which;
    const char *directories[] = {"", "", "/a", "/b"}; // the last come and go
    which = !which;
    snprintf(paths[which], sizeof(paths[0]), "%s/%c", directories[test_random(4)],
             "abcde"[test_random(5)]);
    return paths[which];
}

// Makes a file, or writes up to the end of its last block: either is one transaction.
static void make_or_append(const char *path) {
    struct file *file;
    if (open_error(path, O_WRONLY | O_CREAT | O_EXCL) != -EEXIST) return;
    if (file_open(path, O_WRONLY | O_APPEND, &file)) return;
    uint32_t size = 1 + test_random(BLOCK_SIZE - file_stat(file).size % BLOCK_SIZE);
    memset(user, 'a' + (int)test_random(26), size);
    file_write(file, user, size);
    file_close(file);
}

static bool operate(struct file_system *mounted) {
    const char *path = random_path();
    switch (test_random(14)) {
    case 0: path_make_directory(path); break;
    case 1:
    case 2: path_unlink(path); break;
    case 3: // synced, because what is written there afterwards may show before the cut does
        disk_path_truncate(path, test_random(3000));
        require(disk_sync(mounted) == 0);
        return true;
    case 4: path_link(path, random_path()); break;
    case 5:
    case 6: // directories do not move, so that none moves below itself
        if (open_error(path, O_WRONLY) == 0) path_rename(path, random_path());
        break;
    case 7: require(disk_sync(mounted) == 0); return true;
    default: make_or_append(path);
    }
    return false;
}

static void note_step(bool is_sync) {
    steps[step_count++] = (struct step){
        .signature = disk_tree_signature(), .events = disk.event_count, .is_sync = is_sync};
}

// ---- Crashes -----------------------------------------------------------------------------------

// The steps whose outcome may be there after `events` events: from the last sync on.
static void find_possible_steps(uint32_t events, uint32_t *first, uint32_t *last) {
    *first = *last = 0;
    for (uint32_t i = 0; i < step_count; i++)
        if (steps[i].is_sync && steps[i].events <= events) *first = i;
    while (*last + 1 < step_count && steps[*last].events < events) (*last)++;
    if (*last < *first) *last = *first;
}

// Whether a tree is one that may be there after `events` events.
static bool is_promised(uint64_t signature, uint32_t events) {
    uint32_t first, last;
    find_possible_steps(events, &first, &last);
    for (uint32_t i = first; i <= last; i++)
        if (steps[i].signature == signature) return true;
    return false;
}

// Mounts what a crash has left.
static uint64_t recover(struct memory_disk *crashed) {
    struct file_system *mounted = disk_mount_root(crashed);
    uint64_t signature = disk_tree_signature();
    diskfs_unmount(mounted);
    if (!disk_is_clean(crashed->image, BLOCKS)) ck_abort_msg("not clean after recovery");
    crashes++;
    return signature;
}

static void write_event(uint8_t *image, const struct disk_event *event) {
    if (event->block != DISK_EVENT_FLUSH)
        memcpy(image + event->block * BLOCK_SIZE, event->data, BLOCK_SIZE);
}

static void write_subset(uint8_t *image, const struct disk_event *events, uint32_t count,
                         uint64_t subset) {
    for (uint32_t i = 0; i < count; i++)
        if (subset >> (i % 64) & 1) write_event(image, &events[i]);
}

static uint64_t subset_number(uint32_t index, uint32_t count) {
    uint64_t random = (uint64_t)test_random(1u << 31) << 31 ^ test_random(1u << 31);
    if (count <= 6 || (count <= 8 && crashes < 4000)) return index;
    if (index < count && count < 64) return (UINT64_C(1) << index) - 1; // in order
    return index % 2 ? ~(UINT64_C(1) << random % count) : random;
}

static uint32_t subsets_of(uint32_t count) {
    bool takes_all = count <= 6 || (count <= 8 && crashes < 4000);
    return takes_all ? 1u << count : SUBSETS;
}

typedef void crash_visitor(struct memory_disk *crashed, uint32_t events);

// Visits the crashes between flushes, all starting from `image`, which is changed.
static void visit_crashes(uint8_t *image, const struct memory_disk *trace, uint32_t limit,
                          crash_visitor *visit) {
    uint32_t first = 0;
    for (uint32_t end = 0; end <= trace->event_count; end++) {
        if (end < trace->event_count && trace->events[end].block != DISK_EVENT_FLUSH) continue;
        uint32_t count = end - first, subsets = subsets_of(count);
        if (subsets > limit) subsets = limit;
        for (uint32_t i = 0; i < subsets; i++) {
            struct memory_disk crashed;
            memory_disk_copy(&crashed, image, BLOCKS);
            write_subset(crashed.image, &trace->events[first], count, subset_number(i, count));
            visit(&crashed, end);
            memory_disk_free(&crashed);
        }
        write_subset(image, &trace->events[first], count, UINT64_MAX);
        first = end + 1;
    }
}

static uint64_t recovered;

static void visit_second_crash(struct memory_disk *crashed, uint32_t events) {
    (void)events;
    if (recover(crashed) != recovered) ck_abort_msg("recovery twice is not recovery once");
}

static void visit_crash(struct memory_disk *crashed, uint32_t events) {
    static uint8_t before[BLOCKS * BLOCK_SIZE];
    memcpy(before, crashed->image, sizeof(before));
    memory_disk_record(crashed);
    recovered = recover(crashed);
    if (!is_promised(recovered, events))
        ck_abort_msg("the tree after a crash at event %u was never there", events);
    if (test_random(32) == 0) visit_crashes(before, crashed, 6, visit_second_crash);
}

// What mounting has written, and what has been done since, is part of where the workload starts.
static void begin(void) {
    memcpy(durable, disk.image, sizeof(durable));
    memory_disk_record(&disk);
    step_count = 0;
    note_step(true);
}

static void run_workload(uint64_t seed) {
    test_random_seed(seed);
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    struct file_system *mounted = disk_mount_root(&disk);
    begin();
    while (step_count <= OPERATIONS) note_step(operate(mounted));
    diskfs_unmount(mounted);
    steps[step_count - 1].events = disk.event_count;
    visit_crashes(durable, &disk, UINT32_MAX, visit_crash);
    memory_disk_free(&disk);
}

START_TEST(a_crash_keeps_promises) {
    for (uint64_t i = 0; i < 4; i++) run_workload((uint64_t)_i * 4 + i + 1);
    ck_assert_uint_gt(crashes, 500);
}
END_TEST

// ---- Contents that are overwritten -------------------------------------------------------------

static void sum_contents(uint64_t sums[OVER_BLOCKS]) {
    struct file *file = file_at("/over", O_RDONLY);
    require(file_read(file, user, USER_SIZE) == OVER_SIZE);
    memset(user + OVER_SIZE, 0, BLOCK_SIZE);
    for (int i = 0; i < OVER_BLOCKS; i++)
        sums[i] = disk_checksum(0, user + i * BLOCK_SIZE, BLOCK_SIZE);
    file_close(file);
}

static void fill_randomly(uint32_t size) {
    for (uint32_t i = 0; i < size; i++) user[i] = (char)test_random(256);
}

// Puts another file in its place, with blocks that may have been a directory's, and so be in the
// log, just before.
static bool replace(struct file_system *mounted) {
    require(path_make_directory("/directory") == 0);
    require(open_error("/directory/f", O_WRONLY | O_CREAT) == 0 && disk_sync(mounted) == 0);
    require(path_unlink("/directory/f") == 0 && path_unlink("/directory") == 0);
    require(disk_sync(mounted) == 0);
    struct file *file = file_at("/new", O_WRONLY | O_CREAT | O_TRUNC);
    fill_randomly(OVER_SIZE);
    int64_t size = file_write(file, user, OVER_SIZE);
    file_close(file);
    require(size == OVER_SIZE && disk_sync(mounted) == 0);
    require(path_rename("/new", "/over") == 0 && disk_sync(mounted) == 0);
    return true;
}

// Some bytes, one block, or parts of several; durable at once or some time.
static bool overwrite(void) {
    struct file *file = file_at("/over", O_WRONLY);
    bool is_block = test_random(2), is_sync = test_random(6) == 0;
    uint32_t at = is_block ? test_random(OVER_BLOCKS - 1) * BLOCK_SIZE : test_random(OVER_SIZE);
    uint32_t size = is_block ? BLOCK_SIZE : 1 + test_random(2 * BLOCK_SIZE);
    if (size > OVER_SIZE - at) size = OVER_SIZE - at;
    fill_randomly(size);
    file_seek(file, at, SEEK_SET);
    require(file_write(file, user, size) == size);
    struct inode *inode = file->target;
    if (is_sync) require(inode->operations->sync(inode) == 0);
    file_close(file);
    return is_sync;
}

// Each block by itself may be old or new, but nothing else, and new if that was promised.
static void visit_overwritten(struct memory_disk *crashed, uint32_t events) {
    uint64_t sums[OVER_BLOCKS];
    uint32_t first, last;
    find_possible_steps(events, &first, &last);
    struct file_system *mounted = disk_mount_root(crashed);
    sum_contents(sums);
    diskfs_unmount(mounted);
    crashes++;
    for (int block = 0; block < OVER_BLOCKS; block++) {
        uint32_t i = first;
        while (i <= last && steps[i].sums[block] != sums[block]) i++;
        if (i > last)
            ck_abort_msg("block %d after a crash at event %u is neither old nor new", block,
                         events);
    }
}

// Between the writes other files come and go, whose blocks are used for this and that.
static void run_overwrites(uint64_t seed) {
    test_random_seed(seed);
    memory_disk_make(&disk, BLOCKS, INODES, LOG);
    struct file_system *mounted = disk_mount_root(&disk);
    struct file *file = file_at("/over", O_WRONLY | O_CREAT);
    require(file_write(file, user, OVER_SIZE) == OVER_SIZE);
    file_close(file);
    require(disk_sync(mounted) == 0);
    begin();
    sum_contents(steps[0].sums);
    while (step_count <= OPERATIONS) {
        uint32_t what = test_random(16);
        note_step(what == 0 ? replace(mounted) : what < 10 ? overwrite() : operate(mounted));
        sum_contents(steps[step_count - 1].sums);
    }
    diskfs_unmount(mounted);
    steps[step_count - 1].events = disk.event_count;
    visit_crashes(durable, &disk, SUBSETS, visit_overwritten);
    memory_disk_free(&disk);
}

START_TEST(overwritten_contents_are_old_or_new) {
    for (uint64_t i = 0; i < 2; i++) run_overwrites(i + 1);
    ck_assert_uint_gt(crashes, 500);
}
END_TEST

Suite *disk_crash_suite(void) {
    Suite *suite = suite_create("disk_crash");
    TCase *made = tcase_create("crash");
    tcase_add_checked_fixture(made, fs_setup, NULL);
    tcase_add_loop_test(made, a_crash_keeps_promises, 0, 2);
    tcase_add_test(made, overwritten_contents_are_old_or_new);
    suite_add_tcase(suite, made);
    return suite;
}
