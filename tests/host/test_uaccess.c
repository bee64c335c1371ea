// SPDX-License-Identifier: MIT
// mem/uaccess: every kind of bad address, in every function, and what a failing copy leaves.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "mem/address_space.h"
#include "mem/uaccess.h"

#define CODE       UINT64_C(0x10000) // one page, read and execute
#define DATA       UINT64_C(0x20000) // DATA_PAGES pages
#define DATA_PAGES 4
#define DATA_END   (DATA + DATA_PAGES * PAGE_SIZE)

static struct address_space *space;

static void setup(void) {
    kernel_setup();
    space = address_space_create(NULL);
    ck_assert_int_eq(address_space_add_region(space, CODE, CODE + PAGE_SIZE, PTE_READ | PTE_EXEC),
                     0);
    ck_assert_int_eq(address_space_add_region(space, DATA, DATA_END, PTE_READ | PTE_WRITE), 0);
    address_space_activate(space);
}

// Starts from which 16 bytes cannot be had, whatever the direction.
static const uint64_t bad[] = {
    0,
    8,
    0xfff,
    CODE - 16,             // just below
    CODE - 1,              // straddles the beginning
    DATA - 16,             // a hole
    DATA_END - 15,         // straddles the end
    DATA_END,              // just behind
    USER_ADDRESS_MAX - 16, // the last of user space, not mapped
    USER_ADDRESS_MAX - 8,  // straddles its end
    USER_ADDRESS_MAX,      // the kernel
    UINT64_C(1) << 63,
    UINT64_C(0xfffffffffffffff8), // wraps
    UINT64_MAX,
};

#define BAD_COUNT (sizeof(bad) / sizeof(bad[0]))

START_TEST(bad_addresses) {
    char buffer[16] = {0};
    for (size_t i = 0; i < BAD_COUNT; i++) {
        ck_assert_int_eq(copy_from_user(buffer, bad[i], 16), -EFAULT);
        ck_assert_int_eq(copy_to_user(bad[i], buffer, 16), -EFAULT);
        ck_assert_int_eq(user_prepare_write(bad[i], 16), -EFAULT);
        memset(buffer, 'x', sizeof(buffer));
        ck_assert_int_eq(copy_string_from_user(buffer, bad[i], 16),
                         bad[i] == DATA_END - 15 ? 0 : -EFAULT);
        memset(buffer, 0, sizeof(buffer));
    }
    // The kernel's own memory is not the user's, wherever it lies.
    ck_assert_int_eq(copy_from_user(buffer, (uint64_t)buffer, 16), -EFAULT);
    ck_assert_int_eq(copy_to_user((uint64_t)buffer, buffer, 16), -EFAULT);
    ck_assert_int_eq(copy_from_user(buffer, (uint64_t)page_alloc(), 16), -EFAULT);
}
END_TEST

START_TEST(bad_sizes) {
    char byte = 0;
    ck_assert(!user_range_is_valid(DATA, SIZE_MAX));
    ck_assert(!user_range_is_valid(DATA, USER_ADDRESS_MAX));
    ck_assert(user_range_is_valid(0, USER_ADDRESS_MAX));
    ck_assert(!user_range_is_valid(1, USER_ADDRESS_MAX));
    ck_assert(user_range_is_valid(USER_ADDRESS_MAX, 0));
    ck_assert(!user_range_is_valid(UINT64_MAX, 1));
    ck_assert(!user_range_is_valid(UINT64_MAX, 2));
    ck_assert_int_eq(copy_from_user(&byte, DATA, SIZE_MAX), -EFAULT);
    ck_assert_int_eq(copy_to_user(DATA, &byte, SIZE_MAX), -EFAULT);
    ck_assert_int_eq(user_prepare_write(DATA, SIZE_MAX), -EFAULT);
    ck_assert_int_eq(copy_from_user(&byte, DATA, 0), 0);
    ck_assert_int_eq(copy_to_user(0, &byte, 0), 0);
    ck_assert_int_eq(user_prepare_write(DATA, 0), 0);
}
END_TEST

START_TEST(read_only) {
    char byte = 0;
    ck_assert_int_eq(copy_from_user(&byte, CODE, 1), 0);
    ck_assert_int_eq(copy_to_user(CODE, &byte, 1), -EFAULT);
    ck_assert_int_eq(user_prepare_write(CODE, 1), -EFAULT);
    ck_assert_int_eq(user_fault_in(CODE, false), 0);
    ck_assert_int_eq(user_fault_in(CODE, true), -EFAULT);
    ck_assert_uint_eq(copy_to_user_atomic(CODE, &byte, 1), 0);
}
END_TEST

START_TEST(without_an_address_space) {
    char byte = 0;
    address_space_activate(NULL);
    ck_assert_int_eq(copy_from_user(&byte, DATA, 1), -EFAULT);
    ck_assert_int_eq(copy_to_user(DATA, &byte, 1), -EFAULT);
    ck_assert_int_eq(user_fault_in(DATA, false), -EFAULT);
}
END_TEST

START_TEST(round_trips) {
    static char in[DATA_PAGES * 4096], out[DATA_PAGES * 4096], model[DATA_PAGES * 4096];
    for (int round = 0; round < 500; round++) {
        uint32_t at = test_random(sizeof(model)), size = test_random(sizeof(model) - at + 1);
        for (uint32_t i = 0; i < size; i++) model[at + i] = in[i] = (char)test_random(256);
        require(copy_to_user(DATA + at, in, size) == 0);
        at = test_random(sizeof(model));
        size = test_random(sizeof(model) - at + 1);
        require(copy_from_user(out, DATA + at, size) == 0);
        require(memcmp(out, model + at, size) == 0);
    }
}
END_TEST

START_TEST(partial_copies) {
    static char out[2 * 4096];
    memset(out, 'o', sizeof(out));
    ck_assert_int_eq(copy_to_user(DATA_END - 100, out, 200), -EFAULT);
    char back[100];
    ck_assert_int_eq(copy_from_user(back, DATA_END - 100, 100), 0); // what fits may be there
    ck_assert_int_eq(copy_from_user(out, DATA_END - 100, 200), -EFAULT);
    ck_assert_int_eq(out[150], 'o');
}
END_TEST

START_TEST(strings) {
    char text[300], room[300];
    for (int i = 0; i < 300; i++) text[i] = (char)('a' + i % 26);
    for (int round = 0; round < 300; round++) {
        uint32_t length = test_random(200), size = 1 + test_random(250);
        uint64_t at = DATA + PAGE_SIZE - 100 + test_random(100);
        text[length] = 0;
        require(copy_to_user(at, text, length + 1) == 0);
        memset(room, '#', sizeof(room));
        int result = copy_string_from_user(room, at, size);
        require(result == (length < size ? (int)length : -ENAMETOOLONG));
        require(result < 0 || strcmp(room, text) == 0);
        require(room[size] == '#');
        text[length] = 'x';
    }
}
END_TEST

START_TEST(string_up_to_the_end) {
    char room[16];
    // What lies behind the string need not be there.
    ck_assert_int_eq(copy_to_user(DATA_END - 6, "hello", 6), 0);
    ck_assert_int_eq(copy_string_from_user(room, DATA_END - 6, sizeof(room)), 5);
    ck_assert_str_eq(room, "hello");
    // But a string that does not end does not count.
    ck_assert_int_eq(copy_to_user(DATA_END - 6, "hello!", 6), 0);
    ck_assert_int_eq(copy_string_from_user(room, DATA_END - 6, sizeof(room)), -EFAULT);
    ck_assert_int_eq(copy_string_from_user(room, DATA_END - 6, 6), -ENAMETOOLONG);
    ck_assert_int_eq(copy_string_from_user(room, DATA_END - 6, 0), -ENAMETOOLONG);
}
END_TEST

START_TEST(atomic_copies_fault_nothing_in) {
    char buffer[2 * 4096];
    ck_assert_uint_eq(copy_from_user_atomic(buffer, DATA, 10), 0);
    ck_assert_uint_eq(copy_to_user_atomic(DATA, buffer, 10), 0);
    ck_assert_uint_eq(space->pages, 0);
    ck_assert_int_eq(user_fault_in(DATA, true), 0);
    ck_assert_uint_eq(copy_to_user_atomic(DATA + PAGE_SIZE - 10, buffer, 30), 10);
    ck_assert_uint_eq(copy_from_user_atomic(buffer, DATA + PAGE_SIZE - 7, 30), 7);
    ck_assert_uint_eq(copy_from_user_atomic(buffer, DATA, 4096), 4096);
    ck_assert_uint_eq(copy_from_user_atomic(buffer, UINT64_MAX - 3, 8), 0);
    ck_assert_uint_eq(copy_to_user_atomic(USER_ADDRESS_MAX - 4, buffer, 8), 0);
    ck_assert_uint_eq(space->pages, 1);
}
END_TEST

START_TEST(atomic_copies_under_a_lock) {
    struct spinlock lock = SPINLOCK_INIT(LOCK_PIPE);
    char byte = 1;
    ck_assert_int_eq(user_fault_in(DATA, true), 0);
    spinlock_acquire(&lock);
    ck_assert_uint_eq(copy_to_user_atomic(DATA, &byte, 1), 1);
    spinlock_release(&lock);
}
END_TEST

static void copy_under_a_lock(void *context) {
    char byte;
    spinlock_acquire(context);
    copy_from_user(&byte, DATA, 1);
}

START_TEST(faulting_copy_under_a_lock) {
    struct spinlock lock = SPINLOCK_INIT(LOCK_PIPE);
    ck_assert(host_catch_panic(copy_under_a_lock, &lock));
}
END_TEST

START_TEST(prepared_writes_cannot_fail) {
    char buffer[3 * 4096] = {0};
    uint64_t at = DATA + 100;
    ck_assert_int_eq(user_prepare_write(at, sizeof(buffer)), 0);
    ck_assert_uint_eq(space->pages, 4);
    // Copy-on-write is broken up as well.
    struct address_space *child = address_space_fork(space);
    ck_assert_int_eq(user_prepare_write(at, sizeof(buffer)), 0);
    host_fail_allocations_after(0);
    ck_assert_int_eq(copy_to_user(at, buffer, sizeof(buffer)), 0);
    address_space_activate(child);
    ck_assert_int_eq(copy_to_user(at, buffer, sizeof(buffer)), 0); // the last holders
}
END_TEST

START_TEST(memory_runs_out) {
    char buffer[8] = {0};
    host_fail_allocations_after(0);
    ck_assert_int_lt(copy_to_user(DATA, buffer, 8), 0);
    ck_assert_int_lt(copy_from_user(buffer, DATA, 8), 0);
    ck_assert_int_lt(user_prepare_write(DATA, 8), 0);
    host_fail_allocations_after(UINT64_MAX);
    ck_assert_int_eq(copy_to_user(DATA, buffer, 8), 0);
}
END_TEST

START_TEST(every_alignment) {
    unsigned char buffer[40], back[40];
    for (uint32_t from = 0; from < 8; from++)
        for (uint32_t to = 0; to < 8; to++)
            for (uint32_t size = 0; size <= 24; size++) {
                for (uint32_t i = 0; i < 40; i++) buffer[i] = (unsigned char)test_random(256);
                require(copy_to_user(DATA + to, buffer + from, size) == 0);
                require(copy_from_user(back + from, DATA + to, size) == 0);
                require(memcmp(buffer + from, back + from, size) == 0);
            }
}
END_TEST

Suite *uaccess_suite(void) {
    Suite *suite = suite_create("uaccess");
    add_case(suite, "addresses", setup, NULL, bad_addresses, bad_sizes, read_only,
             without_an_address_space);
    add_case(suite, "copies", setup, NULL, round_trips, partial_copies, strings,
             string_up_to_the_end, atomic_copies_fault_nothing_in, atomic_copies_under_a_lock,
             faulting_copy_under_a_lock, prepared_writes_cannot_fail, memory_runs_out,
             every_alignment);
    return suite;
}
