// SPDX-License-Identifier: MIT
// The whole kernel with processes in it: programs of the host machine that fork, exec, fault, are
// preempted and killed. What each finds wrong it says with its status; 0 is good.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/process.h"
#include "programs.h"

#define DATA PROGRAM_DATA

// Boots with one program and expects that it ends with 0.
#define boot_good(cpus, code, strings)                                                             \
    do {                                                                                           \
        const struct test_program programs[] = {PROGRAM("bin/init", code, strings)};               \
        int status = kernel_boot(cpus, programs, 1);                                               \
        ck_assert_msg(status == 0, "status %d, log: %s", status, host_log());                      \
    } while (0)

// Programs stand as they would in assembly, which clang-format does not know.
// clang-format off

// ---- One process -------------------------------------------------------------------------------

START_TEST(first_process_ends) {
    static const struct host_instruction code[] = {EXIT(42)};
    const struct test_program programs[] = {PROGRAM("bin/init", code, "")};
    ck_assert_int_eq(kernel_boot(1, programs, 1), 42);
}
END_TEST

START_TEST(registers_and_stack) {
    static const struct host_instruction code[] = {
        EXPECT(0, 1, 1),          // argc
        LOAD(8, 1, 0),            // argv[0]
        LOAD_BYTE(9, 8, 0),       EXPECT(9, '/', 2),
        LOAD(9, 1, 8),            EXPECT(9, 0, 3), // argv ends
        SET(8, 77),               STORE(8, 15, -8),
        STORE(8, 15, -0x8000),    // the stack grows down to here
        LOAD(9, 15, -0x8000),     EXPECT(9, 77, 4),
        SET(0, 0x2000),           CALL(SYS_sbrk),
        EXPECT(0, PROGRAM_HEAP, 5),
        STORE(8, 0, 0x1ff8),      LOAD(9, 0, 0x1ff8), EXPECT(9, 77, 6),
        CALL(SYS_getpid),         EXPECT(0, 1, 7),
        CALL(99),                 EXPECT(0, -ENOSYS, 8),
        EXIT(0),
    };
    boot_good(1, code, "");
}
END_TEST

START_TEST(console_output) {
    static const char strings[] = "/dev/console\0hello from user mode\n";
    static const struct host_instruction code[] = {
        SET(0, PROGRAM_STRINGS), SET(1, O_RDWR), CALL(SYS_open), EXPECT(0, 0, 1),
        SET(1, PROGRAM_STRINGS + 13), SET(2, 21), CALL(SYS_write), EXPECT(0, 21, 2), EXIT(0),
    };
    boot_good(1, code, strings);
    ck_assert_ptr_nonnull(strstr(host_log(), "hello from user mode\n"));
}
END_TEST

// ---- fork and wait -----------------------------------------------------------------------------

START_TEST(fork_copies_memory) {
    static const struct host_instruction code[] = {
        SET(8, DATA), SET(9, 11), STORE(9, 8, 0), FORK, SET(10, 0), EQUAL_TO(0, 10, 1),
        MOVE(11, 0), // the child's number
        WAIT_FOR(-1, DATA + 8), SET(12, 0), SUM(12, 12, 0),
        // Its status, and our own memory as it was.
        LOAD(9, 8, 8), EXPECT(9, 33, 1), LOAD(9, 8, 0), EXPECT(9, 11, 2),
        EQUAL_TO(11, 12, 2), EXIT(3),
        LABEL(2), WAIT_FOR(-1, 0), EXPECT(0, -ECHILD, 4), EXIT(0),
        // The child sees 11, writes 22, and ends with the sum.
        LABEL(1), LOAD(9, 8, 0), SET(10, 22), STORE(10, 8, 0), LOAD(10, 8, 0), SUM(9, 9, 10),
        EXIT_WITH(9),
    };
    boot_good(1, code, "");
}
END_TEST

START_TEST(wait_errors) {
    static const struct host_instruction code[] = {
        WAIT_FOR(-1, 0), EXPECT(0, -ECHILD, 1), WAIT_FOR(1, 0), EXPECT(0, -ECHILD, 2),
        WAIT_FOR(0, 0), EXPECT(0, -EINVAL, 3), WAIT_FOR(-2, 0), EXPECT(0, -EINVAL, 4),
        SET(0, -1), SET(1, 0), SET(2, 2), CALL(SYS_wait), EXPECT(0, -EINVAL, 5),
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), MOVE(11, 0),
        SET(0, -1), SET(1, 0), SET(2, WAIT_NO_HANG), CALL(SYS_wait), EXPECT(0, 0, 6),
        // A bad address takes no child away.
        WAIT_FOR(-1, 8), EXPECT(0, -EFAULT, 7),
        WAIT_FOR(-1, PROGRAM_STRINGS), EXPECT(0, -EFAULT, 8), // text
        EXPECT_CHILD(5, 9), EXIT(0),
        LABEL(1), SET(0, 1000000), CALL(SYS_sleep), EXIT(5),
    };
    boot_good(1, code, "");
}
END_TEST

// Compares pages_free and objects_live of two system_info() at DATA and DATA + 0x100.
#define INFO_AT(address) SET(0, address), CALL(SYS_system_info)
#define EXPECT_SAME_MEMORY(status)                                                                 \
    SET(8, DATA), LOAD(9, 8, 8), LOAD(10, 8, 0x108), IF_EQUAL(9, 10, 4), EXIT(status),             \
        LOAD(9, 8, 16), LOAD(10, 8, 0x110), IF_EQUAL(9, 10, 4), EXIT((status) + 1)

// `rounds` times: fork a child that ends with 3 at once, and wait for it. Labels 10 to 12.
#define FORK_AND_WAIT(rounds)                                                                      \
    SET(9, 0), LABEL(10), SET(10, rounds), EQUAL_TO(9, 10, 12), FORK, SET(10, 0),                  \
        EQUAL_TO(0, 10, 11), EXPECT_CHILD(3, 20), ADD(9, 9, 1), GO_TO(10), LABEL(11), EXIT(3),     \
        LABEL(12)
// The same again; labels 13 to 15.
#define FORK_AND_WAIT_AGAIN(rounds)                                                                \
    SET(9, 0), LABEL(13), SET(10, rounds), EQUAL_TO(9, 10, 15), FORK, SET(10, 0),                  \
        EQUAL_TO(0, 10, 14), EXPECT_CHILD(3, 21), ADD(9, 9, 1), GO_TO(13), LABEL(14), EXIT(3),     \
        LABEL(15)

START_TEST(forks_leave_nothing) {
    static const struct host_instruction code[] = {
        INFO_AT(DATA),  FORK_AND_WAIT(40),       INFO_AT(DATA),
        FORK_AND_WAIT_AGAIN(100), INFO_AT(DATA + 0x100), EXPECT_SAME_MEMORY(30), EXIT(0),
    };
    boot_good(1, code, "");
}
END_TEST

// Children that each fork and wait for children of their own, all at once.
static const struct host_instruction storm[] = {
    SET(8, 0), LABEL(1), SET(10, 6), EQUAL_TO(8, 10, 2), FORK, SET(10, 0), EQUAL_TO(0, 10, 3),
    ADD(8, 8, 1), GO_TO(1),
    LABEL(2), SET(8, 0), LABEL(4), SET(10, 6), EQUAL_TO(8, 10, 5), EXPECT_CHILD(7, 1),
    ADD(8, 8, 1), GO_TO(4), LABEL(5), WAIT_FOR(-1, 0), EXPECT(0, -ECHILD, 2), EXIT(0),
    LABEL(3), FORK_AND_WAIT(15), EXIT(7),
};

START_TEST(fork_storm) { boot_good(_i, storm, ""); }
END_TEST

START_TEST(orphans_go_to_the_first) {
    static const struct host_instruction code[] = {
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), EXPECT_CHILD(1, 1), EXPECT_CHILD(2, 2),
        WAIT_FOR(-1, 0), EXPECT(0, -ECHILD, 3), EXIT(0),
        // The child leaves a child behind.
        LABEL(1), FORK, SET(10, 0), EQUAL_TO(0, 10, 2), EXIT(1),
        LABEL(2), SET(0, 5000000), CALL(SYS_sleep), CALL(SYS_getppid), EXPECT(0, 1, 4), EXIT(2),
    };
    boot_good(1, code, "");
}
END_TEST

// ---- Time and kill -----------------------------------------------------------------------------

START_TEST(spinners_are_preempted_and_killed) {
    static const struct host_instruction code[] = {
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), MOVE(8, 0), FORK, SET(10, 0), EQUAL_TO(0, 10, 1),
        MOVE(9, 0), SET(0, 30000000), CALL(SYS_sleep), EXPECT(0, 0, 1),
        MOVE(0, 8), CALL(SYS_kill), EXPECT(0, 0, 2), MOVE(0, 9), CALL(SYS_kill), EXPECT(0, 0, 3),
        EXPECT_CHILD(STATUS_KILLED, 4), EXPECT_CHILD(STATUS_KILLED, 5),
        MOVE(0, 8), CALL(SYS_kill), EXPECT(0, -ESRCH, 6), SET(0, 1), CALL(SYS_kill),
        EXPECT(0, -EPERM, 7), EXIT(0),
        LABEL(1), GO_TO(1),
    };
    boot_good(_i, code, "");
}
END_TEST

START_TEST(kill_ends_sleep_and_wait) {
    static const struct host_instruction code[] = {
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), MOVE(8, 0),
        SET(0, 10000000), CALL(SYS_sleep), MOVE(0, 8), CALL(SYS_kill),
        EXPECT_CHILD(STATUS_KILLED, 1), // the child that waited
        EXPECT_CHILD(9, 2),             // its child, which is ours now
        EXIT(0),
        LABEL(1), FORK, SET(10, 0), EQUAL_TO(0, 10, 2), WAIT_FOR(-1, 0), EXIT(3),
        LABEL(2), SET(0, 20000000), CALL(SYS_sleep), EXIT(9),
    };
    boot_good(_i, code, "");
}
END_TEST

// ---- Faults ------------------------------------------------------------------------------------

// A child that does this, and the status that it ends with.
static const struct {
    struct host_instruction wrong[3];
    int status;
} faults[] = {
    {{SET(8, 0), LOAD(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, 0), STORE(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, USER_PROGRAM_BASE), STORE(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, PROGRAM_HEAP), LOAD(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, USER_ADDRESS_MAX), LOAD(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, -8), STORE(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, USER_STACK_LOW - 8), STORE(9, 8, 0)}, STATUS_FAULT},
    {{SET(8, DATA), GO(8)}, STATUS_FAULT},
    {{SET(8, 0), GO(8)}, STATUS_FAULT},
    {{{HOST_ILLEGAL, 0, 0, 0, 0, 0}}, STATUS_ILLEGAL},
    {{SET(8, DATA + 1), LOAD(9, 8, 0)}, STATUS_ILLEGAL},
};

START_TEST(fault_ends_the_process) {
    const struct host_instruction code[] = {
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), EXPECT_CHILD(faults[_i].status, 1), EXIT(0),
        LABEL(1), faults[_i].wrong[0], faults[_i].wrong[1], EXIT(99),
    };
    boot_good(1, code, "");
    ck_assert_ptr_nonnull(strstr(host_log(), "(init) ended: "));
}
END_TEST

START_TEST(memory_runs_out) {
    // The child touches its heap until there is no memory; the parent then goes on as before.
    static const struct host_instruction code[] = {
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), EXPECT_CHILD(STATUS_FAULT, 1), FORK_AND_WAIT(5),
        FORK, SET(10, 0), EQUAL_TO(0, 10, 1), EXPECT_CHILD(STATUS_FAULT, 2), EXIT(0),
        // Two forks of it share what memory there is.
        LABEL(1), SET(0, 12 << 20), CALL(SYS_sbrk), SET(8, PROGRAM_HEAP), FORK,
        LABEL(2), STORE(8, 8, 0), ADD(8, 8, 4096), SET(9, PROGRAM_HEAP + (12 << 20)),
        LESS_TO(8, 9, 2), WAIT_FOR(-1, 0), SET(8, 0), STORE(8, 8, 0),
    };
    boot_good(1, code, "");
}
END_TEST

START_TEST(processes_run_out) {
    static const struct host_instruction code[] = {
        SET(8, 0), LABEL(1), FORK, SET(10, 0), EQUAL_TO(0, 10, 2), LESS_TO(0, 10, 3),
        ADD(8, 8, 1), GO_TO(1),
        LABEL(3), EXPECT(0, -EAGAIN, 1), EXPECT(8, 511, 2), // PROCESSES_MAX less this one
        SET(0, -1000), CALL(SYS_kill), EXPECT(0, -ESRCH, 3),
        LABEL(4), SET(10, 0), EQUAL_TO(8, 10, 5), EXPECT_CHILD(STATUS_KILLED, 4), ADD(8, 8, -1),
        GO_TO(4), LABEL(5), FORK_AND_WAIT(3), EXIT(0),
        // Each child sleeps until there are no more to come.
        LABEL(2), SET(0, 500000000), CALL(SYS_sleep), CALL(SYS_getpid), CALL(SYS_kill), EXIT(9),
    };
    boot_good(1, code, "");
}
END_TEST

// ---- exec and spawn ----------------------------------------------------------------------------

static const char paths[] = "/bin/other\0/bin/none\0argument";
#define OTHER    PROGRAM_STRINGS
#define NONE     (PROGRAM_STRINGS + 11)
#define ARGUMENT (PROGRAM_STRINGS + 21)

// argv at DATA: {OTHER, ARGUMENT, NULL}
#define MAKE_ARGUMENTS                                                                             \
    SET(8, DATA), SET(9, OTHER), STORE(9, 8, 0), SET(9, ARGUMENT), STORE(9, 8, 8), SET(9, 0),      \
        STORE(9, 8, 16)
#define EXEC(path, vector) SET(0, path), SET(1, vector), CALL(SYS_exec)

// Ends with argc plus the first letter of argv[1].
static const struct host_instruction other_code[] = {
    LOAD(8, 1, 8), LOAD_BYTE(9, 8, 0), SUM(9, 9, 0), EXIT_WITH(9),
};

static int boot_with_other(uint32_t cpus, const struct host_instruction *code, size_t count) {
    const struct test_program programs[] = {
        {"bin/init", code, count, paths, sizeof(paths)},
        PROGRAM("bin/other", other_code, ""),
    };
    int status = kernel_boot(cpus, programs, 2);
    ck_assert_msg(status == 0, "status %d, log: %s", status, host_log());
    return status;
}

#define boot_both(cpus, code) boot_with_other(cpus, code, sizeof(code) / sizeof((code)[0]))

START_TEST(exec_replaces) {
    static const struct host_instruction code[] = {
        MAKE_ARGUMENTS, FORK, SET(10, 0), EQUAL_TO(0, 10, 1), EXPECT_CHILD('a' + 2, 1), EXIT(0),
        LABEL(1), SET(0, 1 << 20), CALL(SYS_sbrk), EXEC(OTHER, DATA), EXIT(99),
    };
    boot_both(_i, code);
}
END_TEST

START_TEST(exec_errors) {
    static const struct host_instruction code[] = {
        MAKE_ARGUMENTS,
        EXEC(NONE, DATA), EXPECT(0, -ENOENT, 1), EXEC(8, DATA), EXPECT(0, -EFAULT, 2),
        EXEC(OTHER, 8), EXPECT(0, -EFAULT, 3),
        // A vector whose strings are not there.
        SET(8, DATA), SET(9, 8), STORE(9, 8, 0x100), EXEC(OTHER, DATA + 0x100),
        EXPECT(0, -EFAULT, 5),
        // A directory is no program.
        SET(9, 0x6e69622f), STORE(9, 8, 0x200), EXEC(DATA + 0x200, DATA), EXPECT(0, -ENOEXEC, 6),
        // And this process is as it was.
        LOAD(9, 8, 0), EXPECT(9, OTHER, 7), FORK_AND_WAIT(1), EXIT(0),
    };
    boot_both(1, code);
}
END_TEST

START_TEST(exec_leaves_nothing) {
    static const struct host_instruction code[] = {
        MAKE_ARGUMENTS, SET(11, 0), LABEL(1), FORK, SET(10, 0), EQUAL_TO(0, 10, 2),
        EXPECT_CHILD('a' + 2, 1), ADD(11, 11, 1), SET(10, 20), EQUAL_TO(11, 10, 3), SET(10, 60),
        LESS_TO(11, 10, 1), INFO_AT(DATA + 0x200), SET(8, DATA + 0x100), LOAD(9, 8, 8),
        LOAD(10, 8, 0x108), IF_EQUAL(9, 10, 4), EXIT(2), EXIT(0),
        LABEL(3), INFO_AT(DATA + 0x100), GO_TO(1),
        LABEL(2), EXEC(OTHER, DATA), EXIT(99),
    };
    boot_both(1, code);
}
END_TEST

#define SPAWN(path, inherit)                                                                       \
    SET(8, DATA + 0x300), SET(9, inherit), STORE(9, 8, 0), SET(0, path), SET(1, DATA), SET(2, 0),  \
        SET(3, 0), SET(4, DATA + 0x300), CALL(SYS_spawn)

START_TEST(spawn_makes_a_child) {
    static const struct host_instruction code[] = {
        MAKE_ARGUMENTS, SPAWN(OTHER, SPAWN_INHERIT_ALL), EXPECT_CHILD('a' + 2, 1),
        SPAWN(OTHER, SPAWN_INHERIT_NOTHING), EXPECT_CHILD('a' + 2, 2),
        SPAWN(NONE, SPAWN_INHERIT_NOTHING), EXPECT(0, -ENOENT, 3),
        SPAWN(OTHER, 3), EXPECT(0, -EINVAL, 4), WAIT_FOR(-1, 0), EXPECT(0, -ECHILD, 5),
        // A descriptor that may not be granted stops the default mode and no other.
        SET(0, OTHER), SET(1, O_RDONLY), CALL(SYS_open), EXPECT(0, 0, 6),
        SPAWN(OTHER, SPAWN_INHERIT_ALL), EXPECT(0, -EACCES, 7),
        SPAWN(OTHER, SPAWN_INHERIT_GRANTABLE), EXPECT_CHILD('a' + 2, 8), EXIT(0),
    };
    boot_both(_i, code);
}
END_TEST

// ---- Pipes between processes -------------------------------------------------------------------

// The child reads 8 bytes at a time until the end and adds them up; the parent writes 1 … 200.
static const struct host_instruction pipe_code[] = {
    SET(0, DATA), CALL(SYS_pipe), EXPECT(0, 0, 1), FORK, SET(10, 0), EQUAL_TO(0, 10, 1),
    SET(0, 0), CALL(SYS_close), SET(8, 1), SET(9, DATA + 64),
    LABEL(2), STORE(8, 9, 0), SET(0, 1), MOVE(1, 9), SET(2, 8), CALL(SYS_write), EXPECT(0, 8, 2),
    ADD(8, 8, 1), SET(10, 201), LESS_TO(8, 10, 2),
    SET(0, 1), CALL(SYS_close), EXPECT_CHILD(20100 % 256, 3), EXIT(0),
    LABEL(1), SET(0, 1), CALL(SYS_close), SET(8, 0), SET(9, DATA + 64),
    LABEL(3), SET(0, 0), MOVE(1, 9), SET(2, 8), CALL(SYS_read), SET(10, 0), EQUAL_TO(0, 10, 4),
    EXPECT(0, 8, 4), LOAD(11, 9, 0), SUM(8, 8, 11), GO_TO(3),
    LABEL(4), EXIT_WITH(8),
};

START_TEST(pipe_between_processes) { boot_good(_i, pipe_code, ""); }
END_TEST

// clang-format on

Suite *process_suite(void) {
    Suite *suite = suite_create("process");
    add_case(suite, "one process", NULL, NULL, first_process_ends, registers_and_stack,
             console_output);
    TCase *many =
        add_case(suite, "fork", NULL, NULL, fork_copies_memory, wait_errors, forks_leave_nothing,
                 orphans_go_to_the_first, memory_runs_out, processes_run_out);
    tcase_add_loop_test(many, fault_ends_the_process, 0, sizeof(faults) / sizeof(faults[0]));
    add_case(suite, "exec", NULL, NULL, exec_errors, exec_leaves_nothing);
    // On one, two and three CPUs.
    TCase *threads = tcase_create("several CPUs");
    tcase_set_tags(threads, "threads");
    tcase_add_loop_test(threads, fork_storm, 1, 4);
    tcase_add_loop_test(threads, spinners_are_preempted_and_killed, 1, 4);
    tcase_add_loop_test(threads, kill_ends_sleep_and_wait, 1, 4);
    tcase_add_loop_test(threads, exec_replaces, 1, 4);
    tcase_add_loop_test(threads, spawn_makes_a_child, 1, 4);
    tcase_add_loop_test(threads, pipe_between_processes, 1, 4);
    suite_add_tcase(suite, threads);
    return suite;
}
