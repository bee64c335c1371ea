// SPDX-License-Identifier: MIT
// Storms of pipes and files that many processes use, copy and give up at once.
#include "check.h"
#include "lib/storm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Pipes
// ---------------------------------------------------------------------------------------

static void ping_pong(int worker) {
    int32_t there[2], back[2];
    CHECK_EQUAL(sys(pipe, there), 0);
    CHECK_EQUAL(sys(pipe, back), 0);
    int64_t pid = check_fork();
    for (int i = 0; i < 150 * storm_scale; i++) {
        int value = -1, expected = worker * 100000 + i;
        if (pid == 0) {
            check_read_all(there[0], &value, sizeof(value));
            CHECK_EQUAL(value, expected);
            check_write_all(back[1], &value, sizeof(value));
        } else {
            check_write_all(there[1], &expected, sizeof(expected));
            check_read_all(back[0], &value, sizeof(value));
            CHECK_EQUAL(value, expected);
        }
    }
    if (pid == 0) sys(exit, 0);
    CHECK_EQUAL(check_wait(pid), 0);
}

static void test_ping_pong(void) { storm(ping_pong); }

// A ring of processes passes a number on, which each increments; three numbers travel at a time.
#define RING_SIZE 12

static void ring_member(int64_t from, int64_t to, int rounds) {
    for (int i = 0; i < rounds; i++) {
        int64_t token;
        check_read_all(from, &token, sizeof(token));
        token++;
        check_write_all(to, &token, sizeof(token));
    }
    sys(exit, 0);
}

static void test_ring(void) {
    int32_t links[RING_SIZE][2];
    int64_t members[RING_SIZE];
    const int laps = 60 * storm_scale, tokens = 3;
    for (int i = 0; i < RING_SIZE; i++) CHECK_EQUAL(sys(pipe, links[i]), 0);
    for (int i = 1; i < RING_SIZE; i++) {
        members[i] = check_fork();
        if (members[i] == 0) ring_member(links[i - 1][0], links[i][1], laps * tokens);
    }
    for (int64_t i = 0; i < tokens; i++) {
        int64_t token = i * 1000000;
        check_write_all(links[0][1], &token, sizeof(token));
    }
    for (int lap = 1; lap <= laps; lap++) {
        for (int64_t i = 0; i < tokens; i++) {
            int64_t token;
            check_read_all(links[RING_SIZE - 1][0], &token, sizeof(token));
            CHECK_EQUAL(token, i * 1000000 + (int64_t)lap * (RING_SIZE - 1) + (lap - 1));
            token++;
            if (lap < laps) check_write_all(links[0][1], &token, sizeof(token));
        }
    }
    for (int i = 1; i < RING_SIZE; i++) CHECK_EQUAL(check_wait(members[i]), 0);
}

// Pipelines that start and end all the time, as in a shell.
static void pipelines(int worker) {
    static char block[5000];
    for (int i = 0; i < 10 * storm_scale; i++) {
        int32_t ends[2];
        CHECK_EQUAL(sys(pipe, ends), 0);
        int64_t writer = check_fork();
        if (writer == 0) {
            sys(close, ends[0]);
            pattern_fill(block, sizeof(block), (uint32_t)(worker + i));
            check_write_all(ends[1], block, sizeof(block));
            sys(exit, 0);
        }
        int64_t reader = check_fork();
        if (reader == 0) {
            char byte;
            sys(close, ends[1]);
            check_read_all(ends[0], block, sizeof(block));
            CHECK(pattern_is(block, sizeof(block), (uint32_t)(worker + i)));
            CHECK_EQUAL(sys(read, ends[0], &byte, 1), 0);
            sys(exit, 0);
        }
        table_close(ends[0], ends[1]);
        CHECK_EQUAL(check_wait(reader), 0);
        CHECK_EQUAL(check_wait(writer), 0);
    }
}

static void test_pipelines(void) { storm(pipelines); }

// ---- Shared objects
// ------------------------------------------------------------------------------

static int32_t shared_ends[2];

// The same two files are used, copied and given up by all processes; the last to leave closes them.
static void dup_and_close(int worker) {
    char buffer[64];
    for (int i = 0; i < 100 * storm_scale; i++) {
        int64_t copy = NEED(sys(dup, shared_ends[1]));
        CHECK_EQUAL(sys(write, copy, "12345678", 8), 8);
        CHECK_EQUAL(sys(dup2, shared_ends[0], copy), copy);
        check_read_all(copy, buffer, 8);
        CHECK_EQUAL(sys(close, copy), 0);
        if (i % 10 == worker) {
            int64_t pid = check_fork();
            if (pid == 0) sys(exit, 0); // with copies of everything
            CHECK_EQUAL(check_wait(pid), 0);
        }
    }
}

static void test_shared_files(void) {
    CHECK_EQUAL(sys(pipe, shared_ends), 0);
    storm(dup_and_close);
    struct cap_info info;
    struct stat stat;
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(sys(cap_stat, shared_ends[i], &info), 0);
        CHECK_EQUAL(info.references, 1);
    }
    CHECK_EQUAL(sys(fstat, shared_ends[0], &stat), 0);
    CHECK_EQUAL(stat.size, 0);
}

static void append_lines(int worker) {
    char line[32];
    memset(line, 'a' + worker, sizeof(line));
    line[sizeof(line) - 1] = '\n';
    int64_t slot = NEED(sys(open, "/storm-log", O_WRONLY | O_APPEND));
    for (int i = 0; i < 50 * storm_scale; i++)
        CHECK_EQUAL(sys(write, slot, line, sizeof(line)), sizeof(line));
}

static void test_appends(void) {
    check_make_file("/storm-log", "", 0);
    storm(append_lines);
    int counts[STORM_WORKERS] = {0};
    int64_t slot = NEED(sys(open, "/storm-log", O_RDONLY));
    for (int i = 0; i < STORM_WORKERS * 50 * storm_scale; i++) {
        char line[32];
        check_read_all(slot, line, sizeof(line));
        for (int k = 1; k < 31; k++) CHECK_EQUAL(line[k], line[0]);
        CHECK(line[0] >= 'a' && line[0] < 'a' + STORM_WORKERS);
        counts[line[0] - 'a']++;
    }
    for (int i = 0; i < STORM_WORKERS; i++) CHECK_EQUAL(counts[i], 50 * storm_scale);
    CHECK_EQUAL(sys(unlink, "/storm-log"), 0);
}

// Names appear and disappear under everybody's feet: each call gives one of the possible answers.
static void change_names(int worker) {
    static const char *const names[] = {"/storm-a", "/storm-b", "/storm-a/x", "/storm-b/x"};
    uint64_t random = (uint64_t)worker * 77 + 5;
    for (int i = 0; i < 120 * storm_scale; i++) {
        const char *name = names[random_next(&random) % 4];
        int64_t result;
        switch (random_next(&random) % 4) {
        case 0:
            result = sys(mkdir, name);
            CHECK(result == 0 || result == -EEXIST || result == -ENOENT || result == -ENOTDIR);
            break;
        case 1:
            result = sys(unlink, name);
            CHECK(result == 0 || result == -ENOENT || result == -ENOTEMPTY || result == -ENOTDIR);
            break;
        case 2:
            result = sys(open, name, O_RDWR | O_CREAT);
            CHECK(result >= 0 || result == -EISDIR || result == -ENOENT || result == -ENOTDIR);
            break;
        default:
            result = sys(open, name, O_RDONLY);
            CHECK(result >= 0 || result == -ENOENT || result == -ENOTDIR);
        }
        if (result > 0) sys(close, result);
    }
}

static void test_names(void) {
    storm(change_names);
    sys(unlink, "/storm-a/x");
    sys(unlink, "/storm-b/x");
    sys(unlink, "/storm-a");
    sys(unlink, "/storm-b");
    CHECK_ERROR(sys(open, "/storm-a", O_RDONLY), ENOENT);
    CHECK_ERROR(sys(open, "/storm-b", O_RDONLY), ENOENT);
}

// Directories are moved over each other, also over those that they are in, while others make and
// remove them.
static void move_directories(int worker) {
    static const char *const names[] = {"/storm-c", "/storm-c/x", "/storm-c/x/y", "/storm-c/x/y/z",
                                        "/storm-d", "/storm-d/x", "/storm-d/x/y"};
    const uint64_t count = sizeof(names) / sizeof(names[0]);
    uint64_t random = (uint64_t)worker * 91 + 3;
    for (int i = 0; i < 400 * storm_scale; i++) {
        const char *name = names[random_next(&random) % count];
        int64_t result;
        switch (random_next(&random) % 4) {
        case 0:
            result = sys(unlink, name);
            CHECK(result == 0 || result == -ENOENT || result == -ENOTEMPTY);
            break;
        case 1:
            result = sys(rename, name, names[random_next(&random) % count]);
            CHECK(result == 0 || result == -ENOENT || result == -ENOTEMPTY || result == -EINVAL);
            break;
        default:
            result = sys(mkdir, name);
            CHECK(result == 0 || result == -EEXIST || result == -ENOENT);
        }
    }
}

// One moves a directory over one that it is in, and another removes the one between: both are
// refused, and neither waits for the other.
static void move_over_ancestor(int worker) {
    for (int i = 0; i < 300 * storm_scale; i++)
        if (worker % 2)
            CHECK_ERROR(sys(rename, "/storm-c/x/y", "/storm-c"), ENOTEMPTY);
        else
            CHECK_ERROR(sys(unlink, "/storm-c/x"), ENOTEMPTY);
}

static void test_moves(void) {
    CHECK_EQUAL(sys(mkdir, "/storm-c"), 0);
    CHECK_EQUAL(sys(mkdir, "/storm-c/x"), 0);
    CHECK_EQUAL(sys(mkdir, "/storm-c/x/y"), 0);
    storm(move_over_ancestor);
    storm(move_directories);
    static const char *const tops[] = {"/storm-c", "/storm-d"};
    for (int i = 0; i < 2; i++) {
        int64_t result = sys(mkdir, tops[i]);
        CHECK(result == 0 || result == -EEXIST);
        check_remove_tree(tops[i]);
    }
}

// ---- Files of several accounts -----------------------------------------------------------------

static const char *const shared_names[] = {"/tmp/storm-e", "/tmp/storm-f", "/tmp/storm-g"};
static const char *shared_name(uint64_t *random) { return shared_names[random_next(random) % 3]; }

// Helper: goes on until it is killed. What is refused, for want of pages or names, is refused.
static int grow_and_shrink(int argc, char **argv) {
    static char data[20000];
    uint64_t random = argc > 0 ? (uint64_t)strtol(argv[0], NULL, 10) : 1;
    for (;;) {
        const char *name = shared_name(&random);
        int64_t file = sys(open, name, O_RDWR | O_CREAT);
        sys(lseek, file, random_next(&random) % 100000, SEEK_SET);
        sys(write, file, data, random_next(&random) % sizeof(data));
        if (random_next(&random) % 2) sys(ftruncate, file, random_next(&random) % 100000);
        switch (random_next(&random) % 4) {
        case 0: sys(unlink, name); break;
        case 1: sys(rename, name, shared_name(&random)); break;
        case 2: sys(link, name, shared_name(&random)); break;
        }
        sys(close, file);
    }
    __builtin_unreachable();
}

static void kill_in_accounts(int worker) {
    for (int i = 0; i < 10 * storm_scale; i++) {
        char seed[12];
        snprintf(seed, sizeof(seed), "%d", worker * 1000 + i + 1);
        const char *argv[] = {check_program, "--helper", "grow", seed, NULL};
        struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING, .new_account = 1};
        attributes.limit[ACCOUNT_PAGES] = worker % 2 ? 60 : 0;
        int64_t pid = NEED(sys(spawn, check_program, argv, NULL, 0, &attributes));
        for (int k = 0; k < i % 8; k++) sys(sleep, 1000000);
        CHECK_EQUAL(sys(kill, pid), 0);
        CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
    }
}

// Whoever is killed in the middle of it, the harness finds every page given back.
static void test_accounts_share_files(void) {
    storm(kill_in_accounts);
    for (int i = 0; i < 3; i++) sys(unlink, shared_names[i]);
}

static const struct test_helper helpers[] = {{"grow", grow_and_shrink}, {NULL, NULL}};

static const struct test_case cases[] = {
    {"ping_pong", test_ping_pong}, {"ring", test_ring},
    {"pipelines", test_pipelines}, {"shared_files", test_shared_files},
    {"appends", test_appends},     {"names", test_names},
    {"moves", test_moves},         {"accounts_share_files", test_accounts_share_files},
};

int main(int argc, char **argv) {
    storm_take_options(&argc, &argv);
    return check_main(argc, argv, cases, helpers);
}
