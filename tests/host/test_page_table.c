// SPDX-License-Identifier: MIT
// The radix walk against a model: a sorted array of what is mapped where.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "mem/kernel_map.h"
#include "mem/page_table.h"

#define MODEL_MAX 4096
#define LARGE     (UINT64_C(2) << 20)
#define FLAGS     (PTE_READ | PTE_WRITE | PTE_USER)

// Mapped pages in ascending order; what they are mapped to is made up and never touched.
static struct {
    uint64_t address;
    uint64_t physical;
} model[MODEL_MAX];
static uint32_t model_count;
static uint64_t table;
static uint64_t free_before;

static void setup(void) {
    kernel_setup();
    free_before = pages_free();
    table = kernel_map_new_root();
    ck_assert_uint_ne(table, 0);
}

static void destroy(void) {
    page_table_destroy(table, 0, USER_ADDRESS_MAX);
    ck_assert_uint_eq(pages_free(), free_before);
}

static uint32_t model_find(uint64_t address) {
    uint32_t at = 0;
    while (at < model_count && model[at].address < address) at++;
    return at;
}

static bool model_has(uint64_t address) {
    uint32_t at = model_find(address);
    return at < model_count && model[at].address == address;
}

// An address near one of a few places, so that pages meet and tables are shared.
static uint64_t random_address(void) {
    static const uint64_t places[] = {0x1000, LARGE, UINT64_C(1) << 30, UINT64_C(5) << 30,
                                      USER_ADDRESS_MAX - 1024 * 4096};
    return places[test_random(5)] + test_random(1024) * PAGE_SIZE;
}

static void map_one(void) {
    uint64_t address = random_address(), physical = (uint64_t)test_random(1 << 20) << PAGE_SHIFT;
    if (model_count == MODEL_MAX || model_has(address)) return;
    uint64_t made = 0;
    uint64_t *entry = page_table_make_entry(table, address, &made);
    require(entry && !pte_is_present(*entry));
    *entry = pte_make(physical, FLAGS);
    uint32_t at = model_find(address);
    memmove(&model[at + 1], &model[at], (model_count - at) * sizeof(model[0]));
    model[at].address = address;
    model[at].physical = physical;
    model_count++;
}

static void unmap_one(void) {
    if (model_count == 0) return;
    uint32_t at = test_random(model_count);
    uint64_t *entry = page_table_entry(table, model[at].address);
    require(entry && pte_is_present(*entry) && pte_physical(*entry) == model[at].physical);
    *entry = 0;
    model_count--;
    memmove(&model[at], &model[at + 1], (model_count - at) * sizeof(model[0]));
}

struct walk {
    uint32_t next; // in the model
    uint64_t end;
    uint32_t visits;
    uint32_t stop_after;
    uint32_t longest;
};

static bool check_visit(void *context, uint64_t address, uint64_t *entries, uint32_t count) {
    struct walk *walk = context;
    require(count > 0);
    for (uint32_t i = 0; i < count; i++, address += PAGE_SIZE) {
        require(walk->next < model_count && model[walk->next].address == address);
        require(address < walk->end);
        require(pte_physical(entries[i]) == model[walk->next].physical);
        require(pte_flags(entries[i]) == FLAGS);
        require(&entries[i] == page_table_entry(table, address));
        walk->next++;
    }
    walk->longest = count > walk->longest ? count : walk->longest;
    return ++walk->visits < walk->stop_after;
}

static void check_walk(uint64_t start, uint64_t end) {
    struct walk walk = {model_find(start), end, 0, UINT32_MAX, 0};
    require(page_table_walk(table, start, end, check_visit, &walk));
    require(walk.next == model_find(end) || start >= end);
}

START_TEST(against_the_model) {
    for (int round = 0; round < 3000; round++) {
        if (test_random(3) > 0)
            map_one();
        else
            unmap_one();
        if (round % 20 == 0) {
            uint64_t a = random_address(), b = random_address();
            check_walk(a < b ? a : b, a < b ? b : a);
        }
    }
    check_walk(0, USER_ADDRESS_MAX);
    destroy();
}
END_TEST

START_TEST(walk_ends_when_told) {
    for (int i = 0; i < 200; i++) map_one();
    struct walk walk = {0, USER_ADDRESS_MAX, 0, 5, 0};
    ck_assert(!page_table_walk(table, 0, USER_ADDRESS_MAX, check_visit, &walk));
    ck_assert_uint_eq(walk.visits, 5);
    destroy();
}
END_TEST

START_TEST(neighbours_are_visited_together) {
    uint64_t made = 0;
    struct walk walk = {0, LARGE, 0, UINT32_MAX, 0};
    for (uint64_t at = LARGE / 2; at < LARGE + 8 * PAGE_SIZE; at += PAGE_SIZE) {
        *page_table_make_entry(table, at, &made) = pte_make(at, FLAGS);
        model[model_count].address = model[model_count].physical = at;
        model_count++;
    }
    ck_assert(page_table_walk(table, PAGE_SIZE, LARGE, check_visit, &walk));
    ck_assert_uint_eq(walk.visits, 1);
    ck_assert_uint_eq(walk.longest, LARGE / 2 / PAGE_SIZE);
    walk = (struct walk){0, USER_ADDRESS_MAX, 0, UINT32_MAX, 0};
    ck_assert(page_table_walk(table, 0, USER_ADDRESS_MAX, check_visit, &walk));
    ck_assert_uint_eq(walk.visits, 2); // a table ends between
    destroy();
}
END_TEST

START_TEST(lookup_makes_nothing) {
    uint64_t free = pages_free(), made = 0;
    ck_assert_ptr_null(page_table_entry(table, 0x5000));
    check_walk(0, USER_ADDRESS_MAX);
    ck_assert_uint_eq(pages_free(), free);
    ck_assert_ptr_nonnull(page_table_make_entry(table, 0x5000, &made));
    ck_assert_uint_eq(pages_free(), free - 2); // one table for each lower level
    ck_assert_uint_eq(made, PAGE_TABLE_DEPTH);
    ck_assert_ptr_nonnull(page_table_make_entry(table, 0x6000, &made));
    ck_assert_uint_eq(made, PAGE_TABLE_DEPTH);
    destroy();
}
END_TEST

START_TEST(map_range_uses_large_leaves) {
    uint64_t free = pages_free(), address = LARGE - 3 * PAGE_SIZE;
    // Three small pages, two large ones, one small page: four tables.
    uint64_t size = 3 * PAGE_SIZE + 2 * LARGE + PAGE_SIZE;
    ck_assert_int_eq(
        page_table_map_range(table, address, 4 * LARGE - 3 * PAGE_SIZE, size, PTE_READ), 0);
    ck_assert_uint_eq(pages_free(), free - 3);
    uint64_t *small = page_table_entry(table, address + PAGE_SIZE);
    ck_assert_uint_eq(pte_physical(*small), 4 * LARGE - 2 * PAGE_SIZE);
    small = page_table_entry(table, 3 * LARGE);
    ck_assert_uint_eq(pte_physical(*small), 6 * LARGE);
    ck_assert_uint_eq(pte_flags(*small), PTE_READ);
}
END_TEST

START_TEST(map_range_misaligned) {
    uint64_t free = pages_free();
    // The same offset in a large page is what it takes, not just the address.
    ck_assert_int_eq(page_table_map_range(table, LARGE, PAGE_SIZE, LARGE, PTE_READ), 0);
    ck_assert_uint_eq(pages_free(), free - 2);
    for (uint64_t at = 0; at < LARGE; at += PAGE_SIZE)
        require(pte_physical(*page_table_entry(table, LARGE + at)) == PAGE_SIZE + at);
}
END_TEST

START_TEST(no_memory_for_tables) {
    for (uint64_t pages = 0; pages < 2; pages++) {
        uint64_t made = 0;
        host_fail_allocations_after(pages);
        ck_assert_ptr_null(page_table_make_entry(table, 0x5000, &made));
        ck_assert_uint_eq(made, pages); // which the second attempt finds
        ck_assert_int_eq(page_table_map_range(table, LARGE, 0, PAGE_SIZE, PTE_READ), -ENOMEM);
        host_fail_allocations_after(UINT64_MAX);
    }
    destroy(); // whatever was made halfway is given back too
}
END_TEST

Suite *page_table_suite(void) {
    Suite *suite = suite_create("page_table");
    add_case(suite, "walk", setup, NULL, against_the_model, walk_ends_when_told,
             neighbours_are_visited_together, lookup_makes_nothing, map_range_uses_large_leaves,
             map_range_misaligned, no_memory_for_tables);
    return suite;
}
