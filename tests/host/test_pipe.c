// SPDX-License-Identifier: MIT
// Pipes: bytes in order, ends that close, atomic writes, bad addresses; and with threads on several
// CPUs: blocking, waking, killing, revoking.
#include <stdlib.h>
#include <string.h>

#include "cap/grant.h"
#include "fs/pipe.h"
#include "fs_support.h"
#include "sched/thread.h"

#define RING PAGE_SIZE

static struct file *ends[2]; // [0] reads, [1] writes

static void setup(void) {
    fs_setup();
    ck_assert_int_eq(pipe_create(ends), 0);
}

static void fill(char *bytes, size_t size, uint32_t position) {
    for (size_t i = 0; i < size; i++) bytes[i] = (char)((position + i) * 7 + (position + i) / 251);
}

static bool is_filled(const char *bytes, size_t size, uint32_t position) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (char)((position + i) * 7 + (position + i) / 251)) return false;
    return true;
}

// ---- One thread --------------------------------------------------------------------------------

// Every size at every place of the ring, as long as nothing blocks.
START_TEST(bytes_in_order) {
    uint32_t written = 0, read = 0;
    test_random_seed((uint64_t)_i);
    for (int round = 0; round < 5000; round++) {
        uint32_t room = (uint32_t)RING - (written - read);
        uint32_t size = test_random(test_random(2) ? 20 : room + 1);
        if (size <= room) {
            fill(user, size, written);
            require(file_write(ends[1], user, size) == size);
            written += size;
        }
        require(file_stat(ends[0]).size == written - read);
        size = test_random((uint32_t)RING + 100);
        if (written == read) continue;
        uint32_t expected = size < written - read ? size : written - read;
        require(file_read(ends[0], user + 10000, size) == expected);
        require(is_filled(user + 10000, expected, read));
        read += expected;
    }
}
END_TEST

START_TEST(ends_close) {
    ck_assert_int_eq(file_write_text(ends[1], "last words"), 10);
    file_close(ends[1]);
    ck_assert_int_eq(file_read(ends[0], user, 4), 4);
    ck_assert_int_eq(file_read(ends[0], user, 100), 6);
    ck_assert_int_eq(file_read(ends[0], user, 100), 0);
    file_close(ends[0]);
    ck_assert_int_eq(pipe_create(ends), 0);
    file_close(ends[0]);
    ck_assert_int_eq(file_write_text(ends[1], "x"), -EPIPE);
    ck_assert_int_eq(file_write(ends[1], user, 0), 0);
    file_close(ends[1]);
}
END_TEST

START_TEST(sizes) {
    ck_assert_int_eq(file_read(ends[0], NULL, 0), 0);
    ck_assert_int_eq(file_write(ends[1], NULL, 0), 0);
    ck_assert_int_eq(file_read(ends[0], user, SIZE_MAX), -EFAULT);
    ck_assert_int_eq(file_write(ends[1], user, SIZE_MAX), -EFAULT);
    ck_assert_int_eq(file_write(ends[1], user, RING), RING);
    ck_assert_uint_eq(file_stat(ends[1]).size, RING);
    ck_assert_uint_eq(file_stat(ends[1]).kind, FILE_KIND_PIPE);
    ck_assert_ptr_null(ends[0]->operations->seek);
    ck_assert_ptr_null(ends[0]->operations->read_directory);
    ck_assert_ptr_null(ends[0]->operations->write);
    ck_assert_ptr_null(ends[1]->operations->read);
}
END_TEST

// A bad address moves no byte, wherever the ring begins and the good part ends.
START_TEST(bad_addresses) {
    char *const nowhere[] = {NULL, user + USER_SIZE, (char *)USER_ADDRESS_MAX,
                             (char *)UINT64_MAX - 5};
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        ck_assert_int_eq(file_read(ends[0], (char *)USER_ADDRESS_MAX, 1), -EFAULT);
        ck_assert_int_eq(file_write(ends[1], nowhere[i], 10), -EFAULT);
        ck_assert_int_eq(file_write(ends[1], nowhere[i], RING + 10), -EFAULT);
        ck_assert_int_eq(file_write_text(ends[1], "word"), 4);
        ck_assert_int_eq(file_read(ends[0], nowhere[i], 10), -EFAULT);
        ck_assert_int_eq(file_read(ends[0], user, 10), 4);
        ck_assert(memcmp(user, "word", 4) == 0);
    }
    for (uint32_t start = 0; start < RING; start += 511) {
        for (size_t good = 0; good < 600; good += 37) {
            char *edge = user + USER_SIZE - good;
            require(file_write(ends[1], edge, 600) == -EFAULT);
            require(file_stat(ends[0]).size == 0);
            fill(user, 600, start);
            require(file_write(ends[1], user, 600) == 600);
            require(file_read(ends[0], edge, 600) == -EFAULT);
            require(file_read(ends[0], user, 600) == 600);
            require(is_filled(user, 600, start));
        }
        require(file_write(ends[1], user, 511) == 511); // the ring begins elsewhere
        require(file_write(ends[1], user, 1) == 1);
        require(file_read(ends[0], user, 511) == 511);
        require(file_read(ends[0], user, 1) == 1);
    }
}
END_TEST

START_TEST(revoked) {
    struct grant grant = {.revoked = 1};
    struct cap_ref ref = {.grant = &grant};
    ck_assert_int_eq(file_write_text(ends[1], "secret"), 6);
    ck_assert_int_eq(file_read_through(&ref, ends[0], user, 10), -EBADF);
    ck_assert_int_eq(file_write_through(&ref, ends[1], user, 10), -EBADF);
    ck_assert_uint_eq(file_stat(ends[0]).size, 6);
    ck_assert_int_eq(file_read(ends[0], user, 10), 6);
    file_close(ends[1]);
    ck_assert_int_eq(file_read_through(&ref, ends[0], user, 10), -EBADF);
}
END_TEST

START_TEST(without_memory) {
    struct file *files[2] = {NULL, NULL};
    uint64_t objects = object_count_live(), pages = pages_free();
    for (uint64_t allocations = 0; allocations < 4; allocations++) {
        host_fail_allocations_after(allocations);
        ck_assert_int_eq(pipe_create(files), -ENOMEM);
        ck_assert_ptr_null(files[0]);
        ck_assert_uint_eq(object_count_live(), objects);
        ck_assert_uint_eq(pages_free(), pages);
    }
    host_fail_allocations_after(UINT64_MAX);
    ck_assert_int_eq(pipe_create(files), 0);
    file_close(files[0]);
    file_close(files[1]);
    ck_assert_uint_eq(object_count_live(), objects);
    ck_assert_uint_eq(pages_free(), pages);
}
END_TEST

// ---- Threads -----------------------------------------------------------------------------------

// A thread that does one thing to a pipe, with a part of the buffer of its own.
struct worker {
    struct file *file;
    char *bytes;
    size_t size;  // of one call
    size_t total; // of all calls, or 0: there is only one
    struct cap_ref ref;
    int64_t result; // of the last call
    struct thread *thread;
    bool done; // atomic
};

#define WORKERS 6
static struct worker workers[WORKERS];

static void let_others_run(void) { thread_sleep_until(clock_now() + NANOSECONDS_PER_MILLISECOND); }

static void worker_run(void *context) {
    struct worker *worker = context;
    bool writes = worker->file->operations->write;
    fs_thread_begin();
    size_t moved = 0;
    do {
        size_t rest = worker->total - moved, size = worker->size;
        if (worker->total > 0 && rest < size) size = rest;
        if (writes)
            worker->result = file_write_through(&worker->ref, worker->file, worker->bytes, size);
        else
            worker->result = file_read_through(&worker->ref, worker->file, worker->bytes, size);
        moved += worker->result > 0 ? (size_t)worker->result : 0;
    } while (worker->result > 0 && moved < worker->total);
    fs_thread_end();
    __atomic_store_n(&worker->done, true, __ATOMIC_RELEASE);
    thread_exit();
}

static struct worker *worker_start_repeating(uint32_t index, struct file *file, size_t size,
                                             size_t total) {
    struct worker *worker = &workers[index];
    *worker = (struct worker){
        .file = file, .bytes = user + index * 2 * RING, .size = size, .total = total};
    memset(worker->bytes, 'a' + (int)index, size);
    worker->thread = kernel_thread("worker", PRIORITY_DEFAULT, worker_run, worker);
    return worker;
}

static struct worker *worker_start(uint32_t index, struct file *file, size_t size) {
    return worker_start_repeating(index, file, size, 0);
}

static bool worker_is_done(const struct worker *worker) {
    return __atomic_load_n(&worker->done, __ATOMIC_ACQUIRE);
}

static int64_t worker_result(const struct worker *worker) {
    while (!worker_is_done(worker)) let_others_run();
    return worker->result;
}

static char *const mine = user + 2 * WORKERS * RING;

// Fills the pipe.
static void stuff(void) { require(file_write(ends[1], mine, RING) == RING); }

static void check_reader_waits(void) {
    struct worker *reader = worker_start(0, ends[0], 100);
    let_others_run();
    require(!worker_is_done(reader));
    require(file_write_text(ends[1], "hello") == 5);
    require(worker_result(reader) == 5 && memcmp(reader->bytes, "hello", 5) == 0);
    reader = worker_start(0, ends[0], 100);
    let_others_run();
    file_close(ends[1]);
    require(worker_result(reader) == 0);
    file_close(ends[0]);
}

// A write of up to PIPE_BUF bytes waits until all of it fits, and not longer.
static void check_writer_waits(void) {
    stuff();
    struct worker *small = worker_start(0, ends[1], 100);
    let_others_run();
    require(file_read(ends[0], mine, 99) == 99);
    let_others_run();
    require(!worker_is_done(small));
    require(file_read(ends[0], mine, 1) == 1);
    require(worker_result(small) == 100);
    require(file_stat(ends[0]).size == RING);
    struct worker *writer = worker_start(1, ends[1], 100);
    let_others_run();
    file_close(ends[0]);
    require(worker_result(writer) == -EPIPE);
    file_close(ends[1]);
}

// A writer with little to write is not held up by one before it that needs more room.
static void check_room_for_the_second(void) {
    stuff();
    struct worker *large = worker_start(0, ends[1], 512);
    let_others_run();
    struct worker *small = worker_start(1, ends[1], 10);
    let_others_run();
    require(file_read(ends[0], mine, 20) == 20);
    require(worker_result(small) == 10);
    require(!worker_is_done(large));
    require(file_read(ends[0], mine, 502) == 502);
    require(worker_result(large) == 512);
}

// Room for two writers wakes both, bytes for two readers wake both.
static void check_wake_ups_are_passed_on(void) {
    stuff();
    for (uint32_t i = 0; i < WORKERS; i++) worker_start(i, ends[1], 300);
    let_others_run();
    require(file_read(ends[0], mine, 300 * WORKERS) == 300 * WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) require(worker_result(&workers[i]) == 300);
    require(file_read(ends[0], mine, RING) == RING);
    for (uint32_t i = 0; i < WORKERS; i++) worker_start(i, ends[0], 50);
    let_others_run();
    require(file_write(ends[1], mine, 50 * WORKERS) == 50 * WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) require(worker_result(&workers[i]) == 50);
}

static void check_killed(void) {
    struct worker *reader = worker_start(0, ends[0], 10);
    let_others_run();
    thread_kill(reader->thread);
    require(worker_result(reader) == -EINTR);
    stuff();
    struct worker *atomic = worker_start(1, ends[1], 10);
    struct worker *partial = worker_start(2, ends[1], 2 * RING);
    let_others_run();
    thread_kill(atomic->thread);
    require(worker_result(atomic) == -EINTR);
    require(file_read(ends[0], mine, 600) == 600); // 600 of the large one go in
    let_others_run();
    require(!worker_is_done(partial));
    thread_kill(partial->thread);
    require(worker_result(partial) == 600);
    require(file_stat(ends[0]).size == RING);
}

// Whoever wakes and finds itself revoked takes nothing, and leaves the wake-up to the next.
static void check_revoked_while_waiting(void) {
    struct grant grant = {.revoked = 0};
    workers[0] = workers[1] = (struct worker){0};
    struct worker *revoked = &workers[0];
    *revoked = (struct worker){
        .file = ends[0], .bytes = user, .size = 10, .total = 10, .ref = {.grant = &grant}};
    kernel_thread("revoked", PRIORITY_DEFAULT, worker_run, revoked);
    let_others_run();
    struct worker *other = worker_start(1, ends[0], 10);
    let_others_run();
    __atomic_store_n(&grant.revoked, 1, __ATOMIC_RELEASE);
    require(file_write_text(ends[1], "message") == 7);
    require(worker_result(revoked) == -EBADF);
    require(worker_result(other) == 7 && memcmp(other->bytes, "message", 7) == 0);
}

static void check_large_write(void) {
    struct worker *writer = worker_start(0, ends[1], 2 * RING);
    fill(mine, RING, 0);
    size_t got = 0;
    test_random_seed(1);
    while (got < 2 * RING) {
        int64_t count = file_read(ends[0], mine, test_random(1000) + 1);
        require(count > 0);
        for (int64_t i = 0; i < count; i++) require(mine[i] == 'a');
        got += (size_t)count;
    }
    require(worker_result(writer) == 2 * RING);
}

// Many writers and readers at once: writes up to PIPE_BUF are never mixed, and no byte is lost.
static void check_storm(void) {
    enum { WRITERS = 4, RECORD = 64, RECORDS = 500 };
    uint32_t counts[WRITERS] = {0};
    for (uint32_t i = 0; i < WRITERS; i++)
        worker_start_repeating(i, ends[1], RECORD, RECORD * RECORDS);
    for (uint32_t i = 0; i < WRITERS * RECORDS; i++) {
        size_t got = 0;
        while (got < RECORD) { // at times in two parts, so that writers meet every fill level
            int64_t count = file_read(ends[0], mine + got, i % 3 ? RECORD - got : 1);
            require(count > 0);
            got += (size_t)count;
        }
        for (size_t at = 1; at < RECORD; at++) require(mine[at] == mine[0]);
        require(mine[0] >= 'a' && mine[0] < 'a' + WRITERS);
        counts[mine[0] - 'a']++;
    }
    for (uint32_t i = 0; i < WRITERS; i++)
        require(worker_result(&workers[i]) == RECORD && counts[i] == RECORDS);
}

// Bytes go through a chain of readers and writers that compete, and the sum comes out.
static void check_competing_readers(void) {
    enum { READERS = 3, TOTAL = 40000 };
    for (uint32_t i = 0; i < READERS; i++)
        worker_start_repeating(i, ends[0], 100 + i * 400, SIZE_MAX);
    for (uint32_t i = READERS; i < WORKERS; i++)
        worker_start_repeating(i, ends[1], 30 + i * 500, TOTAL);
    for (uint32_t i = READERS; i < WORKERS; i++) require(worker_result(&workers[i]) > 0);
    file_close(ends[1]);
    for (uint32_t i = 0; i < READERS; i++) require(worker_result(&workers[i]) == 0);
    file_close(ends[0]);
}

static void (*const checks[])(void) = {check_reader_waits,
                                       check_writer_waits,
                                       check_room_for_the_second,
                                       check_wake_ups_are_passed_on,
                                       check_killed,
                                       check_revoked_while_waiting,
                                       check_large_write,
                                       check_storm,
                                       check_competing_readers};
#define CHECKS (int)(sizeof(checks) / sizeof(checks[0]))

static void run_check(void *context) {
    fs_setup_in_thread();
    require(pipe_create(ends) == 0);
    (*(void (*const *)(void))context)();
}

START_TEST(threads_on_one_cpu) { kernel_run(1, run_check, (void *)&checks[_i]); }
END_TEST

START_TEST(threads_on_three_cpus) { kernel_run(3, run_check, (void *)&checks[_i]); }
END_TEST

Suite *pipe_suite(void) {
    Suite *suite = suite_create("pipe");
    TCase *alone = tcase_create("alone");
    tcase_add_checked_fixture(alone, setup, NULL);
    tcase_add_loop_test(alone, bytes_in_order, 0, 4);
    const TTest *tests[] = {ends_close, sizes, bad_addresses, revoked, without_memory};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) tcase_add_test(alone, tests[i]);
    TCase *threads = tcase_create("threads");
    tcase_set_tags(threads, "threads");
    tcase_set_timeout(threads, 120);
    tcase_add_loop_test(threads, threads_on_one_cpu, 0, CHECKS);
    tcase_add_loop_test(threads, threads_on_three_cpus, 0, CHECKS);
    suite_add_tcase(suite, alone);
    suite_add_tcase(suite, threads);
    return suite;
}
