// SPDX-License-Identifier: MIT
// Files and directories under threads on several CPUs: what only one may do succeeds once, nothing
// is lost or torn, and in the end nothing is left behind.
#include <stdio.h>
#include <string.h>

#include "fs_support.h"
#include "sched/thread.h"

#define THREADS 4
#define ROUNDS  300

static struct thread_state_of_test {
    uint32_t index;
    void (*body)(uint32_t index);
    uint32_t successes;
} threads[THREADS];
static uint32_t running; // atomic

static void let_others_run(void) { thread_sleep_until(clock_now() + NANOSECONDS_PER_MILLISECOND); }

static void run_thread(void *context) {
    const struct thread_state_of_test *self = context;
    fs_thread_begin();
    self->body(self->index);
    fs_thread_end();
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    thread_exit();
}

static void run_threads(void (*body)(uint32_t index)) {
    running = THREADS;
    for (uint32_t i = 0; i < THREADS; i++) {
        threads[i] = (struct thread_state_of_test){.index = i, .body = body};
        kernel_thread("test", PRIORITY_DEFAULT, run_thread, &threads[i]);
    }
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) > 0) let_others_run();
}

static char *buffer_of(uint32_t index) { return user + index * 4 * PAGE_SIZE; }

// ---- Names -------------------------------------------------------------------------------------

static void create_exclusively(uint32_t index) {
    char path[32];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(path, sizeof(path), "/file%d", i);
        int error = open_error(path, O_CREAT | O_EXCL | O_WRONLY);
        require(error == 0 || error == -EEXIST);
        threads[index].successes += error == 0;
    }
}

static void unlink_all(uint32_t index) {
    char path[32];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(path, sizeof(path), "/file%d", i);
        int error = path_unlink(path);
        require(error == 0 || error == -ENOENT);
        threads[index].successes += error == 0;
    }
}

static uint32_t all_successes(void) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < THREADS; i++) sum += threads[i].successes;
    return sum;
}

static void check_only_one_succeeds(void) {
    run_threads(create_exclusively);
    require(all_successes() == ROUNDS);
    run_threads(unlink_all);
    require(all_successes() == ROUNDS);
}

static bool is_one_of(int error, const int *allowed) {
    while (*allowed != error && *allowed != 0) allowed++;
    return *allowed == error;
}

// Makes, uses and removes the same few directories as everybody else.
static void storm(uint32_t index) {
    static const char *const paths[] = {"/a",     "/a/b",     "/a/b/c",    "/a/f",
                                        "/a/b/f", "/a/b/c/f", "/a/b/../f", "/a/b/c/../../f"};
    static const int make_errors[] = {-EEXIST, -ENOENT, -ENOTDIR, 0};
    static const int unlink_errors[] = {-ENOENT, -ENOTEMPTY, -ENOTDIR, 0};
    static const int open_errors[] = {-ENOENT, -ENOTDIR, -EISDIR, 0};
    uint32_t random = index * 77 + 1;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        random = random * 1103515245 + 12345;
        const char *path = paths[random >> 16 & 7];
        switch (random >> 20 & 3) {
        case 0: require(is_one_of(path_make_directory(path), make_errors)); break;
        case 1: require(is_one_of(path_unlink(path), unlink_errors)); break;
        case 2:
            require(is_one_of(open_error(path, O_CREAT | O_RDWR | O_TRUNC), open_errors));
            break;
        default: require(is_one_of(open_error(path, O_RDONLY), open_errors));
        }
    }
}

// Whatever the others do meanwhile, a directory that is open can be read.
static void read_directories(uint32_t index) {
    if (index > 0) {
        storm(index);
        return;
    }
    for (int i = 0; i < ROUNDS; i++) {
        struct file *file;
        if (file_open(i % 2 ? "/a" : "/a/b", O_RDONLY, &file) != 0) continue;
        if (file_stat(file).kind == FILE_KIND_DIRECTORY)
            require(file_read_entries(file, buffer_of(index), 4 * PAGE_SIZE) >= 0);
        file_close(file);
    }
}

static void check_storm(void) {
    uint64_t objects = object_count_live();
    run_threads(storm);
    run_threads(read_directories);
    remove_below("/");
    require(object_count_live() == objects);
}

static int create_error, unlink_error;

static void create_in_directory(void *context) {
    (void)context;
    create_error = open_error("/d/file", O_CREAT | O_WRONLY);
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    thread_exit();
}

static void remove_directory(void *context) {
    (void)context;
    unlink_error = path_unlink("/d");
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    thread_exit();
}

// A thread that has found a directory gets its lock only after the directory was removed.
static void check_create_in_removed_directory(void) {
    struct inode *directory;
    require(path_make_directory("/d") == 0);
    require(path_lookup("/d", &directory) == 0);
    sleep_lock_acquire(&directory->lock);
    running = 2;
    kernel_thread("creates", PRIORITY_DEFAULT, create_in_directory, NULL);
    let_others_run();
    kernel_thread("removes", PRIORITY_HIGHEST, remove_directory, NULL); // is woken first
    let_others_run();
    sleep_lock_release(&directory->lock);
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) > 0) let_others_run();
    require(unlink_error == 0 && create_error == -ENOENT);
    inode_put(directory);
}

// ---- Contents ----------------------------------------------------------------------------------

#define RECORD 700 // often across two pages

static void append_records(uint32_t index) {
    struct file *file = file_at("/log", O_WRONLY | O_CREAT | O_APPEND);
    memset(buffer_of(index), 'a' + (int)index, RECORD);
    for (int i = 0; i < ROUNDS; i++) require(file_write(file, buffer_of(index), RECORD) == RECORD);
    file_close(file);
}

// Of RECORD bytes at the file's offset: that they are all the same.
static void read_record(struct file *file, char *buffer) {
    require(file_read(file, buffer, RECORD) == RECORD);
    for (int i = 1; i < RECORD; i++) require(buffer[i] == buffer[0]);
}

static void check_append(void) {
    run_threads(append_records);
    struct file *file = file_at("/log", O_RDONLY);
    require(file_stat(file).size == THREADS * ROUNDS * RECORD);
    for (int i = 0; i < THREADS * ROUNDS; i++) read_record(file, user);
    file_close(file);
    remove_below("/");
}

static struct file *shared_file;

static void share_offset(uint32_t index) {
    for (int i = 0; i < ROUNDS; i++) read_record(shared_file, buffer_of(index));
}

// One open file, many readers: each part is read once.
static void check_shared_offset(void) {
    run_threads(append_records);
    shared_file = file_at("/log", O_RDONLY);
    run_threads(share_offset);
    require(file_read(shared_file, user, 1) == 0);
    file_close(shared_file);
}

static void write_and_read(uint32_t index) {
    struct file *file = file_at("/page", O_RDWR);
    char *buffer = buffer_of(index);
    for (int i = 0; i < ROUNDS; i++) {
        require(file_seek(file, 4000, SEEK_SET) == 4000);
        if (index % 2) {
            memset(buffer, i, RECORD);
            require(file_write(file, buffer, RECORD) == RECORD);
        } else {
            read_record(file, buffer);
        }
    }
    file_close(file);
}

// A read sees all of a write or nothing, also across pages.
static void check_reads_are_whole(void) {
    struct file *file = file_at("/page", O_RDWR | O_CREAT);
    memset(user, 0, 4000 + RECORD);
    require(file_write(file, user, 4000 + RECORD) == 4000 + RECORD);
    run_threads(write_and_read);
    file_close(file);
}

// ---- The suite ---------------------------------------------------------------------------------

static void (*const checks[])(void) = {
    check_only_one_succeeds, check_storm,          check_create_in_removed_directory, check_append,
    check_shared_offset,     check_reads_are_whole};
#define CHECKS (int)(sizeof(checks) / sizeof(checks[0]))

static void run_check(void *context) {
    fs_setup_in_thread();
    (*(void (*const *)(void))context)();
}

START_TEST(on_three_cpus) { kernel_run(3, run_check, (void *)&checks[_i]); }
END_TEST

Suite *fs_threads_suite(void) {
    Suite *suite = suite_create("fs_threads");
    TCase *tcase = tcase_create("threads");
    tcase_set_tags(tcase, "threads");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, on_three_cpus, 0, CHECKS);
    suite_add_tcase(suite, tcase);
    return suite;
}
