// SPDX-License-Identifier: MIT
// malloc and its family: contents survive, blocks do not overlap, freed memory joins again, and
// misuse and exhaustion are noticed.
#include <check.h>
#include <signal.h>

#include "abi/errno.h"
#include "kernel.h"
#include "user_lib.h"

#define BLOCKS 64

static void setup(void) {
    fake_reset();
    test_random_seed(1);
}

static struct {
    unsigned char *memory;
    size_t size;
    unsigned char filling;
} blocks[BLOCKS];

static void fill(int index, unsigned char *memory, size_t size) {
    blocks[index].memory = memory;
    blocks[index].size = size;
    blocks[index].filling = (unsigned char)test_random(256);
    for (size_t i = 0; i < size; i++) memory[i] = blocks[index].filling;
}

static void check_filling(int index, const unsigned char *memory, size_t size) {
    for (size_t i = 0; i < size; i++) require(memory[i] == blocks[index].filling);
}

static size_t random_size(void) {
    return test_random(4) == 0 ? test_random(20000) : test_random(100);
}

static void random_step(void) {
    int index = (int)test_random(BLOCKS);
    size_t size = random_size();
    if (blocks[index].memory == NULL) {
        unsigned char *memory = user_malloc(size);
        require(memory != NULL && (uintptr_t)memory % 16 == 0);
        fill(index, memory, size);
    } else if (test_random(3) == 0) {
        unsigned char *memory = user_realloc(blocks[index].memory, size);
        require(memory != NULL && (uintptr_t)memory % 16 == 0);
        check_filling(index, memory, size < blocks[index].size ? size : blocks[index].size);
        fill(index, memory, size);
    } else {
        check_filling(index, blocks[index].memory, blocks[index].size);
        user_free(blocks[index].memory);
        blocks[index].memory = NULL;
    }
    if (test_random(500) == 0 && fake.heap_used < FAKE_HEAP / 2)
        user_sbrk(test_random(2) ? 8 : 4096); // someone else's
}

START_TEST(contents_survive) {
    for (int step = 0; step < 100000; step++) random_step();
    for (int i = 0; i < BLOCKS; i++) user_free(blocks[i].memory);
}
END_TEST

START_TEST(freed_memory_joins) {
    void *many[200];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 200; i++) many[i] = user_malloc(16 + test_random(1000));
        for (int i = 0; i < 200; i++) {
            int other = (int)test_random(200);
            void *memory = many[i];
            many[i] = many[other];
            many[other] = memory;
        }
        for (int i = 0; i < 200; i++) user_free(many[i]);
        void *whole = user_malloc(fake.heap_used - 64);
        require(whole != NULL);
        user_free(whole);
    }
    ck_assert_uint_le(fake.heap_used, 4 * 65536);
}
END_TEST

START_TEST(exhaustion) {
    void *small[64] = {NULL};
    fake.heap_limit = 100000; // not a multiple of what the heap asks for at once
    int count = 0;
    while (count < 64 && (small[count] = user_malloc(3000)) != NULL) count++;
    ck_assert_int_eq(count, 32);
    ck_assert_int_eq(*errno_location(), ENOMEM);
    user_free(small[5]);
    ck_assert_ptr_eq(user_malloc(3000), small[5]);
    *errno_location() = 0;
    ck_assert_ptr_null(user_malloc(SIZE_MAX));
    ck_assert_ptr_null(user_malloc(SIZE_MAX - 15));
    ck_assert_ptr_null(user_calloc(SIZE_MAX / 4, 8));
    ck_assert_ptr_null(user_realloc(small[0], SIZE_MAX / 2));
    ck_assert_int_eq(*errno_location(), ENOMEM);
    user_free(small[0]);
}
END_TEST

START_TEST(zeroed_memory) {
    unsigned char *dirty = user_malloc(500);
    for (int i = 0; i < 500; i++) dirty[i] = 0xff;
    user_free(dirty);
    unsigned char *clean = user_calloc(100, 5);
    for (int i = 0; i < 500; i++) ck_assert_uint_eq(clean[i], 0);
    ck_assert_ptr_ne(user_malloc(0), user_malloc(0));
    user_free(NULL);
}
END_TEST

START_TEST(double_free) {
    void *memory = user_malloc(100);
    user_malloc(100);
    user_free(memory);
    user_free(memory);
}
END_TEST

START_TEST(foreign_free) {
    static _Alignas(16) char foreign[128];
    user_free(foreign + 32);
}
END_TEST

Suite *user_heap_suite(void) {
    Suite *suite = suite_create("user heap");
    TCase *tests = tcase_create("malloc");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, contents_survive);
    tcase_add_test(tests, freed_memory_joins);
    tcase_add_test(tests, exhaustion);
    tcase_add_test(tests, zeroed_memory);
    tcase_add_test_raise_signal(tests, double_free, SIGABRT);
    tcase_add_test_raise_signal(tests, foreign_free, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite;
}
