// SPDX-License-Identifier: MIT
// Tests of pipes: order and completeness of bytes, ends that close, blocking on both sides, and
// writes that do not mix.
#include "check.h"

#include <string.h>

#define RING 4096 // what a pipe holds

static int32_t ends[2];

static void pipe_make(void) { CHECK_EQUAL(sys(pipe, ends), 0); }

static void test_bytes(void) {
    pipe_make();
    static char in[RING], out[RING];
    uint32_t seed = 0;
    for (size_t size = 1; size <= RING; size = size * 2 + 1) {
        // Different amounts in and out, so that the ring's ends come to lie everywhere.
        check_note("size %lu", (unsigned long)size);
        pattern_fill(in, size, ++seed);
        check_write_all(ends[1], in, size);
        memset(out, 0, size);
        for (size_t done = 0; done < size;) {
            size_t part = size - done < 1000 ? size - done : 1000;
            int64_t count = NEED(sys(read, ends[0], out + done, part));
            CHECK(count > 0);
            done += (size_t)count;
        }
        CHECK(pattern_is(out, size, seed));
    }
}

static void test_short_read(void) {
    pipe_make();
    char buffer[100];
    CHECK_EQUAL(sys(write, ends[1], "abc", 3), 3);
    CHECK_EQUAL(sys(read, ends[0], buffer, sizeof(buffer)), 3);
    CHECK_EQUAL(sys(write, ends[1], "abc", 0), 0);
    CHECK_EQUAL(sys(read, ends[0], buffer, 0), 0);
    struct stat stat;
    CHECK_EQUAL(sys(fstat, ends[0], &stat), 0);
    CHECK_EQUAL(stat.size, 0);
}

static void test_rights(void) {
    pipe_make();
    char byte = 0;
    CHECK_ERROR(sys(write, ends[0], &byte, 1), ENOTCAPABLE);
    CHECK_ERROR(sys(read, ends[1], &byte, 1), ENOTCAPABLE);
}

static void test_end_of_file(void) {
    pipe_make();
    char buffer[10];
    CHECK_EQUAL(sys(write, ends[1], "rest", 4), 4);
    int64_t copy = NEED(sys(dup, ends[1]));
    CHECK_EQUAL(sys(close, ends[1]), 0);
    CHECK_EQUAL(sys(write, copy, "!", 1), 1);
    CHECK_EQUAL(sys(close, copy), 0);
    check_note("what was written is read first");
    CHECK_EQUAL(sys(read, ends[0], buffer, sizeof(buffer)), 5);
    CHECK_EQUAL(sys(read, ends[0], buffer, sizeof(buffer)), 0);
    CHECK_EQUAL(sys(read, ends[0], buffer, sizeof(buffer)), 0);
}

static void test_no_reader(void) {
    pipe_make();
    int64_t copy = NEED(sys(dup, ends[0]));
    CHECK_EQUAL(sys(close, ends[0]), 0);
    CHECK_EQUAL(sys(write, ends[1], "x", 1), 1);
    CHECK_EQUAL(sys(close, copy), 0);
    CHECK_ERROR(sys(write, ends[1], "x", 1), EPIPE);
    CHECK_EQUAL(sys(write, ends[1], "x", 0), 0);
}

// A reader that sleeps sees the end of the file when the last writer's process is gone, not when it
// is waited for.
static void last_writer_goes(bool killed) {
    pipe_make();
    int32_t gate[2];
    CHECK_EQUAL(sys(pipe, gate), 0);
    int64_t writer = check_fork();
    if (writer == 0) {
        char byte;
        sys(close, ends[0]);
        sys(read, gate[0], &byte, 1);
        sys(exit, 0);
    }
    CHECK_EQUAL(sys(close, ends[1]), 0);
    check_until_blocked(writer);
    if (killed)
        CHECK_EQUAL(sys(kill, writer), 0);
    else
        check_write_all(gate[1], "x", 1);
    char byte;
    CHECK_EQUAL(sys(read, ends[0], &byte, 1), 0);
    CHECK_EQUAL(check_wait(writer), killed ? STATUS_KILLED : 0);
}

static void test_writer_exits(void) { last_writer_goes(false); }

static void test_writer_killed(void) { last_writer_goes(true); }

static void test_sleeping_reader_wakes(void) {
    for (int way = 0; way < 2; way++) {
        check_note("%s", way == 0 ? "by a byte" : "by the end of the file");
        pipe_make();
        int64_t reader = check_fork();
        if (reader == 0) {
            char byte = 0;
            sys(close, ends[1]);
            CHECK_EQUAL(sys(read, ends[0], &byte, 1), way == 0 ? 1 : 0);
            CHECK_EQUAL(byte, way == 0 ? 'w' : 0);
            sys(exit, 0);
        }
        check_until_blocked(reader);
        if (way == 0) CHECK_EQUAL(sys(write, ends[1], "w", 1), 1);
        CHECK_EQUAL(sys(close, ends[1]), 0);
        CHECK_EQUAL(check_wait(reader), 0);
        CHECK_EQUAL(sys(close, ends[0]), 0);
    }
}

static char large[3 * RING];

static void test_sleeping_writer_wakes(void) {
    for (int way = 0; way < 2; way++) {
        check_note("%s", way == 0 ? "by a reader" : "by the last reader leaving");
        pipe_make();
        int64_t writer = check_fork();
        if (writer == 0) {
            sys(close, ends[0]);
            pattern_fill(large, sizeof(large), 5);
            // A write that has moved something reports that; the next one reports the error.
            int64_t count = sys(write, ends[1], large, sizeof(large));
            CHECK_EQUAL(count, way == 0 ? (int64_t)sizeof(large) : RING);
            if (way == 1) CHECK_ERROR(sys(write, ends[1], large, 1), EPIPE);
            sys(exit, 0);
        }
        check_until_blocked(writer);
        if (way == 0) {
            memset(large, 0, sizeof(large));
            check_read_all(ends[0], large, sizeof(large));
            CHECK(pattern_is(large, sizeof(large), 5));
        }
        CHECK_EQUAL(sys(close, ends[0]), 0);
        CHECK_EQUAL(check_wait(writer), 0);
        CHECK_EQUAL(sys(close, ends[1]), 0);
    }
}

static void test_large_transfer(void) {
    static unsigned char block[10007];
    const int blocks = 200;
    pipe_make();
    int64_t writer = check_fork();
    if (writer == 0) {
        sys(close, ends[0]);
        for (int i = 0; i < blocks; i++) {
            pattern_fill(block, sizeof(block), (uint32_t)i);
            CHECK_EQUAL(sys(write, ends[1], block, sizeof(block)), sizeof(block));
        }
        sys(exit, 0);
    }
    CHECK_EQUAL(sys(close, ends[1]), 0);
    for (int i = 0; i < blocks; i++) {
        check_note("block %d", i);
        check_read_all(ends[0], block, sizeof(block));
        CHECK(pattern_is(block, sizeof(block), (uint32_t)i));
    }
    CHECK_EQUAL(sys(read, ends[0], block, 1), 0);
    CHECK_EQUAL(check_wait(writer), 0);
}

// ---- Writes of up to PIPE_BUF bytes do not mix
// ---------------------------------------------------

#define WRITERS 4
#define RECORDS 150

// A record of a size that its first bytes tell, all of one letter.
static void write_records(int letter, size_t longest) {
    unsigned char record[PIPE_BUF];
    for (int i = 0; i < RECORDS; i++) {
        size_t size = 3 + ((size_t)i * 131 + (size_t)letter) % (longest - 2);
        memset(record, 'a' + letter, size);
        record[0] = (unsigned char)(size & 0xff);
        record[1] = (unsigned char)(size >> 8);
        CHECK_EQUAL(sys(write, ends[1], record, size), size);
    }
}

static int read_record(void) {
    unsigned char record[PIPE_BUF], head[2];
    check_read_all(ends[0], head, 2);
    size_t size = head[0] + ((size_t)head[1] << 8);
    CHECK(size >= 3 && size <= PIPE_BUF);
    check_read_all(ends[0], record, size - 2);
    for (size_t i = 1; i < size - 2; i++) CHECK_EQUAL(record[i], record[0]);
    CHECK(record[0] >= 'a' && record[0] < 'a' + WRITERS);
    return record[0] - 'a';
}

static void test_atomic_writes(void) {
    pipe_make();
    int64_t writers[WRITERS];
    int counts[WRITERS] = {0};
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = check_fork();
        if (writers[i] == 0) {
            sys(close, ends[0]);
            write_records(i, i % 2 ? PIPE_BUF : 40);
            sys(exit, 0);
        }
    }
    CHECK_EQUAL(sys(close, ends[1]), 0);
    for (int i = 0; i < WRITERS * RECORDS; i++) counts[read_record()]++;
    char byte;
    CHECK_EQUAL(sys(read, ends[0], &byte, 1), 0);
    for (int i = 0; i < WRITERS; i++) {
        CHECK_EQUAL(counts[i], RECORDS);
        CHECK_EQUAL(check_wait(writers[i]), 0);
    }
}

static void test_several_readers(void) {
    // Each byte goes to exactly one of them, and all see the end.
    enum { READERS = 4, BYTES = 20000 };
    int32_t result[2];
    pipe_make();
    CHECK_EQUAL(sys(pipe, result), 0);
    int64_t readers[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = check_fork();
        if (readers[i] == 0) {
            unsigned char buffer[61];
            int64_t count, sums[2] = {0, 0};
            sys(close, ends[1]);
            while ((count = NEED(sys(read, ends[0], buffer, sizeof(buffer)))) > 0) {
                sums[0] += count;
                for (int64_t k = 0; k < count; k++) sums[1] += buffer[k];
            }
            check_write_all(result[1], sums, sizeof(sums));
            sys(exit, 0);
        }
    }
    static unsigned char data[BYTES];
    int64_t expected = 0, sums[2], total[2] = {0, 0};
    pattern_fill(data, sizeof(data), 9);
    for (int i = 0; i < BYTES; i++) expected += data[i];
    for (int i = 0; i < BYTES; i += 100) check_write_all(ends[1], data + i, 100);
    CHECK_EQUAL(sys(close, ends[1]), 0);
    for (int i = 0; i < READERS; i++) {
        CHECK_EQUAL(check_wait(readers[i]), 0);
        check_read_all(result[0], sums, sizeof(sums));
        total[0] += sums[0];
        total[1] += sums[1];
    }
    CHECK_EQUAL(total[0], BYTES);
    CHECK_EQUAL(total[1], expected);
}

static void test_killed_sleepers_pass_it_on(void) {
    // Of three sleeping readers two are killed; the bytes reach the third.
    pipe_make();
    int64_t readers[3];
    for (int i = 0; i < 3; i++) {
        readers[i] = check_fork();
        if (readers[i] == 0) {
            char bytes[2];
            check_read_all(ends[0], bytes, 2);
            sys(exit, 0);
        }
        check_until_blocked(readers[i]);
    }
    CHECK_EQUAL(sys(kill, readers[0]), 0);
    CHECK_EQUAL(sys(kill, readers[1]), 0);
    CHECK_EQUAL(sys(write, ends[1], "a", 1), 1);
    CHECK_EQUAL(sys(write, ends[1], "b", 1), 1);
    CHECK_EQUAL(check_wait(readers[0]), STATUS_KILLED);
    CHECK_EQUAL(check_wait(readers[1]), STATUS_KILLED);
    CHECK_EQUAL(check_wait(readers[2]), 0);
}

static void test_partial_fault(void) {
    // The buffer ends in the middle: a read delivers nothing or what fits, and loses no byte.
    int64_t top = NEED(sys(sbrk, 0));
    int64_t page = (top + 4095) & ~INT64_C(4095);
    NEED(sys(sbrk, page + 4096 - top));
    char *end = (char *)page + 4096, out[64];
    pipe_make();
    pattern_fill(out, 64, 3);
    check_write_all(ends[1], out, 64);
    int64_t count = sys(read, ends[0], end - 20, 64);
    CHECK(count == -EFAULT || (count > 0 && count <= 20));
    int64_t lost = count > 0 ? count : 0;
    CHECK_EQUAL(sys(write, ends[1], "more", 4), 4);
    char rest[80];
    check_read_all(ends[0], rest, (size_t)(64 + 4 - lost));
    CHECK_BYTES(rest, out + lost, (size_t)(64 - lost));
    check_note("a write that cannot be read whole writes nothing");
    CHECK_ERROR(sys(write, ends[1], end - 20, 64), EFAULT);
    struct stat stat;
    CHECK_EQUAL(sys(fstat, ends[0], &stat), 0);
    CHECK_EQUAL(stat.size, 0);
}

static const struct test_case cases[] = {
    {"bytes", test_bytes},
    {"short_read", test_short_read},
    {"rights", test_rights},
    {"end_of_file", test_end_of_file},
    {"no_reader", test_no_reader},
    {"writer_exits", test_writer_exits},
    {"writer_killed", test_writer_killed},
    {"sleeping_reader_wakes", test_sleeping_reader_wakes},
    {"sleeping_writer_wakes", test_sleeping_writer_wakes},
    {"large_transfer", test_large_transfer},
    {"atomic_writes", test_atomic_writes},
    {"several_readers", test_several_readers},
    {"killed_sleepers", test_killed_sleepers_pass_it_on},
    {"partial_fault", test_partial_fault},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
