// SPDX-License-Identifier: MIT
// Address spaces: regions, demand-zero, copy-on-write, the heap, and that memory running out at any
// point leaves nothing behind.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "mem/address_space.h"
#include "mem/uaccess.h"

#define BASE UINT64_C(0x400000)
#define DATA (PTE_READ | PTE_WRITE)
#define FAR  (UINT64_C(100) << 30)
#define MANY 8 // pages in most tests

static struct address_space *space;

static void setup(void) {
    kernel_setup();
    space = address_space_create(NULL);
    ck_assert_ptr_nonnull(space);
    address_space_activate(space);
}

static void put(uint64_t address, uint64_t value) {
    require(copy_to_user(address, &value, sizeof(value)) == 0);
}

static uint64_t get(uint64_t address) {
    uint64_t value = 0;
    require(copy_from_user(&value, address, sizeof(value)) == 0);
    return value;
}

// Reads as the given address space's process would.
static uint64_t get_in(struct address_space *other, uint64_t address) {
    struct address_space *before = address_space_current();
    address_space_activate(other);
    uint64_t value = get(address);
    address_space_activate(before);
    return value;
}

static void put_in(struct address_space *other, uint64_t address, uint64_t value) {
    struct address_space *before = address_space_current();
    address_space_activate(other);
    put(address, value);
    address_space_activate(before);
}

// ---- Regions -----------------------------------------------------------------------------------

START_TEST(bad_regions) {
    static const struct {
        uint64_t start, end;
        uint32_t flags;
    } bad[] = {
        {BASE, BASE, DATA},
        {BASE + 0x1000, BASE, DATA},
        {BASE + 1, BASE + 0x1000, DATA},
        {BASE, BASE + 0x1001, DATA},
        {0, 0x1000, DATA}, // null stays unmapped
        {USER_ADDRESS_MAX - 0x1000, USER_ADDRESS_MAX + 0x1000, DATA},
        {USER_ADDRESS_MAX, USER_ADDRESS_MAX + 0x1000, DATA},
        {UINT64_C(0xfffffffffffff000), 0, DATA},
        {BASE, UINT64_C(0xfffffffffffff000), DATA},
        {BASE, BASE + 0x1000, PTE_WRITE | PTE_EXEC},
        {BASE, BASE + 0x1000, PTE_READ | PTE_WRITE | PTE_EXEC},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(address_space_add_region(space, bad[i].start, bad[i].end, bad[i].flags),
                         -EINVAL);
    ck_assert_uint_eq(space->region_count, 0);
}
END_TEST

START_TEST(overlapping_regions) {
    ck_assert_int_eq(address_space_add_region(space, BASE, BASE + 0x3000, DATA), 0);
    static const struct {
        int start, end, result;
    } tries[] = {{0, 3, -EINVAL},  {1, 2, -EINVAL}, {-1, 1, -EINVAL}, {2, 4, -EINVAL},
                 {-1, 4, -EINVAL}, {-1, 0, 0},      {3, 4, 0}};
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        ck_assert_int_eq(address_space_add_region(space, BASE + (uint64_t)(tries[i].start * 0x1000),
                                                  BASE + (uint64_t)(tries[i].end * 0x1000), DATA),
                         tries[i].result);
}
END_TEST

START_TEST(too_many_regions) {
    for (uint64_t i = 0; i < REGIONS_MAX; i++)
        ck_assert_int_eq(
            address_space_add_region(space, BASE + i * 0x2000, BASE + i * 0x2000 + 0x1000, DATA),
            0);
    ck_assert_int_eq(address_space_add_region(space, FAR, FAR + 0x1000, DATA), -ENOMEM);
    ck_assert_int_eq(address_space_set_heap(space, FAR), -ENOMEM);
}
END_TEST

START_TEST(access_rights) {
    static const struct {
        uint32_t flags;
        int read, write, execute;
    } cases[] = {
        {PTE_READ, 0, -EFAULT, -EFAULT},
        {PTE_READ | PTE_WRITE, 0, 0, -EFAULT},
        {PTE_READ | PTE_EXEC, 0, -EFAULT, 0},
    };
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t at = BASE + i * 0x10000;
        ck_assert_int_eq(address_space_add_region(space, at, at + 0x1000, cases[i].flags), 0);
        ck_assert_int_eq(address_space_fault(space, at, FAULT_READ), cases[i].read);
        ck_assert_int_eq(address_space_fault(space, at + 5, FAULT_WRITE), cases[i].write);
        ck_assert_int_eq(address_space_fault(space, at + 0xfff, FAULT_EXECUTE), cases[i].execute);
        ck_assert_int_eq(address_space_fault(space, at, FAULT_ILLEGAL), -EFAULT);
        ck_assert_int_eq(address_space_fault(space, at - 1, FAULT_READ), -EFAULT);
        ck_assert_int_eq(address_space_fault(space, at + 0x1000, FAULT_READ), -EFAULT);
    }
    ck_assert_int_eq(address_space_fault(space, 0, FAULT_READ), -EFAULT);
    ck_assert_int_eq(address_space_fault(space, USER_ADDRESS_MAX, FAULT_READ), -EFAULT);
    ck_assert_int_eq(address_space_fault(space, UINT64_MAX, FAULT_READ), -EFAULT);
}
END_TEST

// ---- Demand-zero and copy-on-write -------------------------------------------------------------

START_TEST(demand_zero) {
    uint64_t pages = 100, free = pages_free();
    ck_assert_int_eq(address_space_add_region(space, BASE, BASE + pages * PAGE_SIZE, DATA), 0);
    ck_assert_uint_eq(pages_free(), free); // nothing is there before it is touched
    ck_assert_uint_eq(get(BASE + 50 * PAGE_SIZE), 0);
    ck_assert_uint_eq(space->pages, 1);
    for (uint64_t i = 0; i < pages; i++) put(BASE + i * PAGE_SIZE + 8 * i, i);
    for (uint64_t i = 0; i < pages; i++) require(get(BASE + i * PAGE_SIZE + 8 * i) == i);
    ck_assert_uint_eq(space->pages, pages);
    address_space_activate(NULL);
    address_space_destroy(space);
    ck_assert_uint_ge(pages_free(), free);
}
END_TEST

static void fill(uint64_t first) {
    for (uint64_t i = 0; i < MANY; i++) put(BASE + i * PAGE_SIZE, first + i);
}

START_TEST(fork_copies_on_write) {
    ck_assert_int_eq(address_space_add_region(space, BASE, BASE + MANY * PAGE_SIZE, DATA), 0);
    fill(100);
    uint64_t free = pages_free();
    struct address_space *child = address_space_fork(space);
    ck_assert_ptr_nonnull(child);
    ck_assert_uint_eq(child->pages, MANY);
    ck_assert_uint_ge(pages_free(), free - 3 - 1); // three tables and the structure, no page
    put(BASE, 1);
    put_in(child, BASE + PAGE_SIZE, 2);
    ck_assert_uint_eq(get(BASE), 1);
    ck_assert_uint_eq(get_in(child, BASE), 100);
    ck_assert_uint_eq(get(BASE + PAGE_SIZE), 101);
    ck_assert_uint_eq(get_in(child, BASE + PAGE_SIZE), 2);
    // Whoever is left writes in place.
    free = pages_free();
    put_in(child, BASE, 3);
    put(BASE + PAGE_SIZE, 4);
    ck_assert_uint_eq(pages_free(), free);
    ck_assert_uint_eq(get(BASE), 1);
    ck_assert_uint_eq(get_in(child, BASE + PAGE_SIZE), 2);
    address_space_destroy(child);
    for (uint64_t i = 2; i < MANY; i++) ck_assert_uint_eq(get(BASE + i * PAGE_SIZE), 100 + i);
}
END_TEST

START_TEST(generations_of_forks) {
    struct address_space *spaces[6] = {space};
    ck_assert_int_eq(address_space_add_region(space, BASE, BASE + MANY * PAGE_SIZE, DATA), 0);
    fill(0);
    uint64_t free = pages_free();
    for (int i = 1; i < 6; i++) {
        address_space_activate(spaces[i - 1]);
        ck_assert_ptr_nonnull(spaces[i] = address_space_fork(spaces[i - 1]));
    }
    uint64_t model[6][MANY];
    for (uint64_t i = 0; i < 6; i++)
        for (uint64_t page = 0; page < MANY; page++) model[i][page] = page;
    for (uint64_t round = 0; round < 400; round++) {
        uint32_t who = test_random(6), page = test_random(MANY);
        require(get_in(spaces[who], BASE + page * PAGE_SIZE) == model[who][page]);
        put_in(spaces[who], BASE + page * PAGE_SIZE, model[who][page] = 1000 + round);
    }
    for (uint64_t i = 0; i < 6; i++)
        for (uint64_t page = 0; page < MANY; page++)
            require(get_in(spaces[i], BASE + page * PAGE_SIZE) == model[i][page]);
    address_space_activate(space);
    for (int i = 5; i > 0; i--) address_space_destroy(spaces[i]);
    ck_assert_uint_ge(pages_free() + 1, free); // a slab may stay in a magazine
}
END_TEST

START_TEST(mapped_pages) {
    void *own = page_alloc_zeroed(), *shared = page_alloc_zeroed();
    ck_assert_int_eq(address_space_add_region(space, BASE, BASE + 2 * PAGE_SIZE, DATA), 0);
    page_get(shared); // as a file's cache would
    ck_assert_int_eq(address_space_map_page(space, BASE, own), 0);
    ck_assert_int_eq(address_space_map_page(space, BASE + PAGE_SIZE, shared), 0);
    put(BASE, 7);
    put(BASE + PAGE_SIZE, 8);
    ck_assert_uint_eq(*(uint64_t *)own, 7);
    ck_assert_uint_eq(*(uint64_t *)shared, 0);
    ck_assert(!page_is_shared(shared));
    ck_assert_uint_eq(get(BASE + PAGE_SIZE), 8);
    page_put(shared);
}
END_TEST

// ---- Stack and heap ----------------------------------------------------------------------------

START_TEST(stack_grows_down) {
    ck_assert_int_eq(address_space_add_stack(space, USER_STACK_LOW, USER_STACK_TOP), 0);
    put(USER_STACK_TOP - 8, 1);
    put(USER_STACK_LOW, 2);
    put(USER_STACK_TOP - 10 * PAGE_SIZE, 3);
    ck_assert_uint_eq(get(USER_STACK_TOP - 8), 1);
    ck_assert_uint_eq(get(USER_STACK_LOW), 2);
    ck_assert_int_eq(address_space_fault(space, USER_STACK_LOW - 1, FAULT_WRITE), -EFAULT);
    ck_assert_int_eq(address_space_fault(space, USER_STACK_TOP, FAULT_WRITE), -EFAULT);
    // Nothing else may be put where it will grow.
    ck_assert_int_eq(address_space_add_region(space, USER_STACK_LOW - PAGE_SIZE,
                                              USER_STACK_LOW + PAGE_SIZE, DATA),
                     -EINVAL);
}
END_TEST

START_TEST(region_in_the_stacks_room) {
    ck_assert_int_eq(address_space_add_stack(space, USER_STACK_LOW, USER_STACK_TOP), 0);
    ck_assert_int_eq(
        address_space_add_region(space, USER_STACK_LOW, USER_STACK_LOW + PAGE_SIZE, DATA), -EINVAL);
}
END_TEST

static int move(int64_t delta) {
    uint64_t old;
    return address_space_move_heap(space, delta, &old);
}

START_TEST(heap_moves) {
    uint64_t old;
    ck_assert_int_eq(move(1), -ENOMEM); // there is none yet
    ck_assert_int_eq(address_space_set_heap(space, BASE + 1), -EINVAL);
    ck_assert_int_eq(address_space_set_heap(space, 0), -EINVAL);
    ck_assert_int_eq(address_space_set_heap(space, USER_ADDRESS_MAX), -EINVAL);
    ck_assert_int_eq(address_space_set_heap(space, BASE), 0);
    ck_assert_int_eq(address_space_fault(space, BASE, FAULT_READ), -EFAULT);
    ck_assert_int_eq(address_space_move_heap(space, 0, &old), 0);
    ck_assert_uint_eq(old, BASE);
    ck_assert_int_eq(move(10), 0);
    put(BASE, 1);
    ck_assert_int_eq(address_space_fault(space, BASE + PAGE_SIZE, FAULT_READ), -EFAULT);
    ck_assert_int_eq(move(3 * (int64_t)PAGE_SIZE), 0);
    put(BASE + 3 * PAGE_SIZE, 2);
    ck_assert_int_eq(address_space_move_heap(space, -2 * (int64_t)PAGE_SIZE, &old), 0);
    ck_assert_uint_eq(old, BASE + 10 + 3 * PAGE_SIZE);
    ck_assert_int_eq(copy_from_user(&old, BASE + 3 * PAGE_SIZE, 8), -EFAULT); // nor by the TLB
    ck_assert_int_eq(address_space_fault(space, BASE + 3 * PAGE_SIZE, FAULT_READ), -EFAULT);
    ck_assert_int_eq(move(2 * (int64_t)PAGE_SIZE), 0);
    ck_assert_uint_eq(get(BASE + 3 * PAGE_SIZE), 0); // it comes back empty
    ck_assert_uint_eq(get(BASE), 1);
    ck_assert_int_eq(move(-10 - 3 * (int64_t)PAGE_SIZE - 1), -ENOMEM);
    ck_assert_int_eq(move(-10 - 3 * (int64_t)PAGE_SIZE), 0);
    ck_assert_uint_eq(space->pages, 0);
}
END_TEST

START_TEST(heap_extremes) {
    ck_assert_int_eq(address_space_set_heap(space, BASE), 0);
    ck_assert_int_eq(
        address_space_add_region(space, BASE + 16 * PAGE_SIZE, BASE + 17 * PAGE_SIZE, DATA), 0);
    ck_assert_int_eq(move(INT64_MAX), -ENOMEM);
    ck_assert_int_eq(move(INT64_MIN), -ENOMEM);
    ck_assert_int_eq(move(-1), -ENOMEM);
    ck_assert_int_eq(move((int64_t)USER_ADDRESS_MAX), -ENOMEM);
    ck_assert_int_eq(move(16 * (int64_t)PAGE_SIZE + 1), -ENOMEM); // into the next region
    ck_assert_int_eq(move(16 * (int64_t)PAGE_SIZE), 0);
    ck_assert_int_eq(move(1), -ENOMEM);
}
END_TEST

START_TEST(heap_beyond_memory) {
    ck_assert_int_eq(address_space_set_heap(space, BASE), 0);
    ck_assert_int_eq(move((int64_t)((pages_free() + 1) * PAGE_SIZE)), -ENOMEM);
    ck_assert_int_eq(move((int64_t)(pages_free() * PAGE_SIZE)), 0);
    ck_assert_int_eq(move(-(int64_t)(pages_free() * PAGE_SIZE)), 0);
}
END_TEST

START_TEST(shrunk_heap_leaves_nothing) {
    uint64_t free = pages_free();
    struct address_space *other = address_space_create(NULL);
    address_space_activate(other);
    ck_assert_int_eq(address_space_set_heap(other, BASE), 0);
    uint64_t old, size = UINT64_C(8) << 20; // several leaf tables
    ck_assert_int_eq(address_space_move_heap(other, (int64_t)size, &old), 0);
    for (uint64_t at = 0; at < size; at += UINT64_C(1) << 20) put(BASE + at, at);
    ck_assert_int_eq(address_space_move_heap(other, -(int64_t)size, &old), 0);
    ck_assert_uint_eq(other->pages, 0);
    address_space_activate(space);
    address_space_destroy(other);
    ck_assert_uint_eq(pages_free(), free);
}
END_TEST

// ---- Memory runs out ---------------------------------------------------------------------------

static bool build_and_fork(void) {
    bool complete = false;
    struct address_space *made = address_space_create(NULL), *child = NULL;
    if (!made) return false;
    require(address_space_add_region(made, BASE, BASE + MANY * PAGE_SIZE, DATA) == 0);
    require(address_space_add_region(made, FAR, FAR + MANY * PAGE_SIZE, DATA) == 0);
    address_space_activate(made);
    uint64_t touched = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t at = i % 2 ? BASE : FAR;
        int error = address_space_fault(made, at + i * PAGE_SIZE, FAULT_WRITE);
        require(error == 0 || error == -ENOMEM);
        touched += error == 0;
    }
    require(made->pages == touched);
    child = address_space_fork(made);
    if (child) {
        int error = address_space_fault(made, BASE + PAGE_SIZE, FAULT_WRITE);
        require(error == 0 || error == -ENOMEM);
        complete = touched == MANY && error == 0;
        address_space_destroy(child);
    }
    address_space_activate(space);
    address_space_destroy(made);
    return complete;
}

START_TEST(failure_at_every_point) {
    require(build_and_fork()); // fills the caches' magazines
    uint64_t free = pages_free(), point = 0;
    for (bool complete = false; !complete; point++) {
        host_fail_allocations_after(point);
        complete = build_and_fork();
        host_fail_allocations_after(UINT64_MAX);
        require(pages_free() == free);
        ck_assert_uint_lt(point, 200);
    }
    ck_assert_uint_gt(point, 2 * MANY);
}
END_TEST

START_TEST(exhaustion_for_real) {
    require(build_and_fork());
    uint64_t free = pages_free();
    uint32_t left = 0;
    for (bool complete = false; !complete; left++) {
        pages_take_all_but(left);
        complete = build_and_fork();
        pages_give_back();
        require(pages_free() == free);
        ck_assert_uint_lt(left, 200);
    }
    ck_assert_uint_gt(left, MANY);
}
END_TEST

Suite *address_space_suite(void) {
    Suite *suite = suite_create("address_space");
    add_case(suite, "regions", setup, NULL, bad_regions, overlapping_regions, too_many_regions,
             access_rights);
    add_case(suite, "pages", setup, NULL, demand_zero, fork_copies_on_write, generations_of_forks,
             mapped_pages);
    add_case(suite, "stack and heap", setup, NULL, stack_grows_down, region_in_the_stacks_room,
             heap_moves, heap_extremes, heap_beyond_memory, shrunk_heap_leaves_nothing);
    add_case(suite, "exhaustion", setup, NULL, failure_at_every_point, exhaustion_for_real);
    return suite;
}
