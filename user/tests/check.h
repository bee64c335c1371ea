// SPDX-License-Identifier: MIT
// The harness of the user-mode tests. A program is a table of named cases; each runs in a process
// of its own, so that one crash does not end the rest, and must leave the system's counts as it
// found them. Output is one `ok NAME` or `not ok NAME: file:line: …` a case and a summary at the
// end.
#pragma once

#include "abi/cap.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/process.h"
#include "abi/stat.h"
#include "abi/syscall.h"
#include "abi/types.h"

struct test_case {
    const char *name;
    void (*run)(void);
};

// A part of a program that a test runs by exec or spawn: `PROGRAM --helper NAME argument…`. The
// result is the exit status.
struct test_helper {
    const char *name;
    int (*run)(int argc, char **argv);
};

// Runs the cases that argv names, or all. The result is main()'s: the number of failures, at most
// CHECK_STATUS_MAX. `helpers` ends with an all-zero entry or is NULL.
#define CHECK_STATUS_MAX 100
#define check_main(argc, argv, cases, helpers)                                                     \
    check_run((argc), (argv), (cases), sizeof(cases) / sizeof((cases)[0]), (helpers))
int check_run(int argc, char **argv, const struct test_case *cases, size_t count,
              const struct test_helper *helpers);

// The path of the running test program, for exec and spawn of its helpers.
extern const char *check_program;

// ---- System calls ------------------------------------------------------------------------------

// Every call by its number, with nothing between the test and the kernel: the result is ≥ 0 or
// -ERRNO. sys(open, "/x", O_RDONLY) passes each argument as one register.
typedef int64_t raw_call(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
extern raw_call *const raw_calls[SYSCALL_MAX];

#define SYS_PICK(number, a, b, c, d, e, f, ...)                                                    \
    raw_calls[number]((uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e),   \
                      (uint64_t)(f))
#define sys(name, ...) SYS_PICK(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

// ---- Checks: a failure reports where, and ends the case
// ------------------------------------------

#define CHECK(condition) check_true(!!(condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(actual, expected)                                                              \
    check_equal((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_ERROR(call, error)                                                                   \
    check_equal((int64_t)(call), -(int64_t)(error), #call, __FILE__, __LINE__)
#define CHECK_STRING(actual, expected)                                                             \
    check_string((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_BYTES(actual, expected, size)                                                        \
    check_bytes((actual), (expected), (size), #actual, __FILE__, __LINE__)
// The call must succeed; its result.
#define NEED(call) check_need((int64_t)(call), #call, __FILE__, __LINE__)

void check_true(bool holds, const char *text, const char *file, int line);
void check_equal(int64_t actual, int64_t expected, const char *text, const char *file, int line);
void check_string(const char *actual, const char *expected, const char *text, const char *file,
                  int line);
void check_bytes(const void *actual, const void *expected, size_t size, const char *text,
                 const char *file, int line);
int64_t check_need(int64_t result, const char *text, const char *file, int line);

// Names the row of a table that is being checked; it is added to the report of a failure.
void check_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

// ---- Processes (lib/children.c)
// ------------------------------------------------------------------

#define STATUS_CHECK_FAILED 101 // a helper process failed a check and has reported it

// fork(); a failed check in the child ends it with STATUS_CHECK_FAILED.
int64_t check_fork(void);

// Waits for one child; its status.
int64_t check_wait(int64_t pid);

// Runs a function in a child; its status (0 when the function returns).
int64_t check_in_child(void (*run)(void));

// Runs a helper of this program by fork and exec; up to three arguments, NULL where there are
// fewer. Its status.
int64_t check_exec_helper(const char *helper, const char *first, const char *second,
                          const char *third);

// Waits until the child is asleep in the kernel, waiting for an event.
void check_until_blocked(int64_t pid);

// Waits until the condition holds, letting others run; fails the case if that takes for ever.
#define CHECK_UNTIL(condition)                                                                     \
    do {                                                                                           \
        struct patience patience = {0};                                                            \
        while (!(condition)) CHECK(patience_wait(&patience));                                      \
    } while (0)
struct patience {
    uint64_t deadline;
};
bool patience_wait(struct patience *patience);

// ---- Files (lib/files.c)
// -------------------------------------------------------------------------

// Makes or replaces a file.
void check_make_file(const char *path, const void *data, size_t size);
// Reads or writes until all is done; fails the case on an error or an early end.
// Removes a file, or a directory with all that is in it.
void check_remove_tree(const char *path);

void check_read_all(int64_t slot, void *data, size_t size);
void check_write_all(int64_t slot, const void *data, size_t size);
// Fills memory with a pattern that depends on the seed, and checks one.
void pattern_fill(void *data, size_t size, uint32_t seed);
bool pattern_is(const void *data, size_t size, uint32_t seed);

// ---- Capability tables (lib/tables.c)
// ------------------------------------------------------------

bool slot_is_live(int64_t slot);
int64_t slot_lowest_free(void); // -1 when the table is full
int64_t slots_live(void);
uint32_t slot_rights(int64_t slot);
// Fills every free ordinary slot with copies of slot 0; how many.
int64_t table_fill(void);
void table_close(int64_t first, int64_t last);

struct system_info system_now(void);

// A reproducible sequence of pseudo-random numbers (xorshift64*).
uint64_t random_next(uint64_t *state);
