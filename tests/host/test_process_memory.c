// SPDX-License-Identifier: MIT
// System calls that make processes, files and pipes, while memory runs out at their first, second,
// third, … allocation: each fails with ENOMEM, leaves nothing behind, and in the end succeeds.
#include <check.h>

#include "kernel.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/process.h"
#include "programs.h"

#define DATA PROGRAM_DATA

static const char strings[] = "/bin/other\0/new";
#define OTHER    PROGRAM_STRINGS
#define NEW_FILE (PROGRAM_STRINGS + 11)

// Programs stand as they would in assembly, which clang-format does not know.
// clang-format off

#define OTHER_STATUS 44
static const struct host_instruction other_code[] = {EXIT(OTHER_STATUS)};

#define MAKE_ARGUMENTS                                                                             \
    SET(8, DATA), SET(9, OTHER), STORE(9, 8, 0), SET(9, 0), STORE(9, 8, 8),                        \
        SET(9, SPAWN_INHERIT_NOTHING), STORE(9, 8, 0x300)
#define INFO_AT(address) SET(0, address), CALL(SYS_system_info)

// Tries the call that CALL_IT makes with 0, 1, 2, … allocations, which are counted in register 8, as
// long as it returns an error, which must be ENOMEM. The result is in 11. Uses labels 20 and 21.
#define TRY_UNTIL_IT_WORKS(...)                                                                    \
    SET(8, 0), LABEL(20), FAIL(8), __VA_ARGS__, SET(10, -1), FAIL(10), MOVE(11, 0),   \
        SET(10, 0), LESS_TO(11, 10, 21), GO_TO(22), LABEL(21), EXPECT(11, -ENOMEM, 90),            \
        ADD(8, 8, 1), GO_TO(20), LABEL(22)

// Twice, since the first time fills the caches; the memory before and after the second is at DATA +
// 0x100 and DATA + 0x200. Register 14 counts.
#define TWICE_AND_COMPARE(...)                                                                     \
    SET(14, 0), LABEL(30), INFO_AT(DATA + 0x100), __VA_ARGS__, INFO_AT(DATA + 0x200),              \
        ADD(14, 14, 1), SET(10, 3), LESS_TO(14, 10, 30), SET(9, DATA), LOAD(10, 9, 0x108),         \
        LOAD(11, 9, 0x208), IF_EQUAL(10, 11, 4), EXIT(91), LOAD(10, 9, 0x110),                     \
        LOAD(11, 9, 0x210), IF_EQUAL(10, 11, 4), EXIT(92)

// A call that took fewer allocations than these was not what the test thinks it is.
#define EXPECT_TRIES(fewest) SET(10, fewest), IF_LESS(10, 8, 4), EXIT(93)

static const struct host_instruction fork_code[] = {
    MAKE_ARGUMENTS,
    TWICE_AND_COMPARE(TRY_UNTIL_IT_WORKS(FORK), SET(10, 0), EQUAL_TO(11, 10, 1), EXPECT_TRIES(5),
                      EXPECT_CHILD(3, 1)),
    EXIT(0), LABEL(1), EXIT(3),
};

static const struct host_instruction spawn_code[] = {
    MAKE_ARGUMENTS,
    TWICE_AND_COMPARE(TRY_UNTIL_IT_WORKS(SET(0, OTHER), SET(1, DATA), SET(2, 0), SET(3, 0),
                                         SET(4, DATA + 0x300), CALL(SYS_spawn)),
                      EXPECT_TRIES(5), EXPECT_CHILD(OTHER_STATUS, 1)),
    EXIT(0),
};

// What exec fails with is seen by the old program, success by the parent.
static const struct host_instruction exec_code[] = {
    MAKE_ARGUMENTS,
    TWICE_AND_COMPARE(FORK, SET(10, 0), EQUAL_TO(0, 10, 1), EXPECT_CHILD(OTHER_STATUS, 2),
                      SET(10, -1), FAIL(10)),
    EXIT(0),
    LABEL(1), LOAD(9, 15, 0), // its stack is there
    SET(8, 0), LABEL(2), FAIL(8), SET(0, OTHER), SET(1, DATA), CALL(SYS_exec),
    SET(10, -1), FAIL(10), EXPECT(0, -ENOMEM, 3), ADD(8, 8, 1), GO_TO(2),
};

static const struct host_instruction pipe_code[] = {
    MAKE_ARGUMENTS,
    TWICE_AND_COMPARE(TRY_UNTIL_IT_WORKS(SET(0, DATA), CALL(SYS_pipe)), EXPECT_TRIES(2), SET(0, 0),
                      CALL(SYS_close), EXPECT(0, 0, 2), SET(0, 1), CALL(SYS_close), EXPECT(0, 0, 3)),
    EXIT(0),
};

static const struct host_instruction open_code[] = {
    MAKE_ARGUMENTS,
    TWICE_AND_COMPARE(TRY_UNTIL_IT_WORKS(SET(0, NEW_FILE), SET(1, O_CREAT | O_EXCL | O_RDWR),
                                         CALL(SYS_open)),
                      EXPECT_TRIES(1), EXPECT(11, 0, 2), SET(0, 0), CALL(SYS_close),
                      SET(0, NEW_FILE), CALL(SYS_unlink), EXPECT(0, 0, 3)),
    EXIT(0),
};

// clang-format on

static const struct test_program cases[] = {
    PROGRAM("bin/init", fork_code, strings), PROGRAM("bin/init", spawn_code, strings),
    PROGRAM("bin/init", exec_code, strings), PROGRAM("bin/init", pipe_code, strings),
    PROGRAM("bin/init", open_code, strings),
};

START_TEST(memory_runs_out_anywhere) {
    const struct test_program programs[] = {cases[_i], PROGRAM("bin/other", other_code, "")};
    int status = kernel_boot(1, programs, 2);
    ck_assert_msg(status == 0, "status %d, log: %s", status, host_log());
}
END_TEST

Suite *process_memory_suite(void) {
    Suite *suite = suite_create("process_memory");
    TCase *calls = tcase_create("calls");
    tcase_add_loop_test(calls, memory_runs_out_anywhere, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, calls);
    return suite;
}
