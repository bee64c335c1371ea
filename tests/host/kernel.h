// SPDX-License-Identifier: MIT
// Kernels for the host's tests. Check runs each test in a process of its own, so every one begins
// with a machine that has just been switched on.
#pragma once

#include <check.h>

#include "host.h"
#include "mem/page.h"
#include "program.h"

// Check notes every assertion in a file; those in loops are cheaper this way.
#ifndef require
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #condition);               \
    } while (0)
#endif

// Adds a test case of these tests to a suite and returns it. The fixtures may be NULL.
#define add_case(suite, name, setup, teardown, ...)                                                \
    add_tests(suite, name, setup, teardown, (const TTest *const[]){__VA_ARGS__, NULL})
TCase *add_tests(Suite *suite, const char *name, SFun setup, SFun teardown,
                 const TTest *const *tests);

// A fixture: the calling thread is CPU 0's first thread, which must not sleep; everything portable
// is initialised, without devices and processes. `kernel_setup_pages` has another amount of memory.
void kernel_setup(void);
void kernel_setup_pages(uint32_t pages);

// Starts a kernel with that many CPUs and calls body(context) in a kernel thread of it, which may
// sleep. Returns when body() has.
void kernel_run(uint32_t cpus, void (*body)(void *context), void *context);

// A test whose body, which follows, is run in that way.
#define KERNEL_TEST(name, cpus)                                                                    \
    static void name##_body(void *context);                                                        \
    START_TEST(name) { kernel_run(cpus, name##_body, NULL); }                                      \
    END_TEST                                                                                       \
    static void name##_body(void *context __attribute__((unused)))

// After kernel_setup(): calls body(index) on that many CPUs at once, the caller being CPU 0. They
// must not sleep. Returns when all have.
void kernel_run_on_cpus(uint32_t cpus, void (*body)(uint32_t index));

// Starts a kernel thread that frees itself when it ends.
struct thread *kernel_thread(const char *name, uint8_t priority, void (*body)(void *context),
                             void *context);

// Boots the whole kernel with these programs as its files, and waits for its end. The status that
// it powered off with, which is that of the first process, bin/init.
struct test_program;
int kernel_boot(uint32_t cpus, const struct test_program *programs, size_t count);

// The number of free pages, with nothing held back.
uint64_t pages_free(void);

// Takes all free pages but so many; gives them all back.
void pages_take_all_but(uint32_t pages);
void pages_give_back(void);

// A pseudo-random number below `limit`; the same sequence for the same seed.
void test_random_seed(uint64_t seed);
uint32_t test_random(uint32_t limit);
