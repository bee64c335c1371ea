// SPDX-License-Identifier: MIT
// The page allocator and object caches: exact counts, exhaustion and recovery, references, and
// several CPUs at once.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "lib/string.h"
#include "mem/object_cache.h"

#define PAGES_MAX 8192

static void *pages[PAGES_MAX];

static int compare_addresses(const void *a, const void *b) {
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    return left < right ? -1 : left > right;
}

static void sort_addresses(void **addresses, uint32_t count) {
    // Shell's sort is enough.
    for (uint32_t gap = count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < count; i++)
            for (uint32_t j = i;
                 j >= gap && compare_addresses(&addresses[j - gap], &addresses[j]) > 0; j -= gap) {
                void *swap = addresses[j];
                addresses[j] = addresses[j - gap];
                addresses[j - gap] = swap;
            }
}

static uint32_t take_all(void) {
    uint32_t count = 0;
    while ((pages[count] = page_alloc())) count++;
    return count;
}

START_TEST(all_pages_are_distinct) {
    uint64_t free = pages_free();
    uint32_t count = take_all();
    ck_assert_uint_eq(count, free);
    ck_assert_uint_eq(pages_free(), 0);
    ck_assert_ptr_null(page_alloc());
    ck_assert_ptr_null(page_alloc_zeroed());
    for (uint32_t i = 0; i < count; i++) {
        require(((uint64_t)pages[i] & (PAGE_SIZE - 1)) == 0);
        memset(pages[i], 0xa5, PAGE_SIZE); // all of it is memory
    }
    sort_addresses(pages, count);
    for (uint32_t i = 1; i < count; i++) require(pages[i] != pages[i - 1]);
    for (uint32_t i = 0; i < count; i++) page_put(pages[i]);
    ck_assert_uint_eq(pages_free(), free);
}
END_TEST

START_TEST(exhaustion_and_recovery) {
    uint32_t count = take_all();
    for (int round = 0; round < 200; round++) {
        uint32_t freed = 1 + test_random(200);
        for (uint32_t i = 0; i < freed; i++) page_put(pages[--count]);
        require(pages_free() == freed);
        for (uint32_t i = 0; i < freed; i++) require((pages[count++] = page_alloc()) != NULL);
        require(page_alloc() == NULL);
    }
}
END_TEST

START_TEST(zeroed_pages) {
    for (int i = 0; i < 100; i++) {
        pages[i] = page_alloc();
        memset(pages[i], 0xff, PAGE_SIZE);
    }
    for (int i = 0; i < 100; i++) page_put(pages[i]);
    for (int i = 0; i < 200; i++) {
        const char *page = page_alloc_zeroed();
        for (size_t at = 0; at < PAGE_SIZE; at++) require(page[at] == 0);
    }
}
END_TEST

START_TEST(references) {
    uint64_t free = pages_free();
    void *page = page_alloc();
    ck_assert(!page_is_shared(page));
    page_get(page);
    page_get(page);
    ck_assert(page_is_shared(page));
    page_put(page);
    ck_assert(page_is_shared(page));
    page_put(page);
    ck_assert(!page_is_shared(page));
    ck_assert_uint_eq(pages_free(), free - 1);
    page_put(page);
    ck_assert_uint_eq(pages_free(), free);
}
END_TEST

START_TEST(statistics) {
    struct page_statistics before, after;
    page_get_statistics(&before);
    pages_take_all_but(7);
    page_get_statistics(&after);
    ck_assert_uint_eq(after.total, before.total);
    ck_assert_uint_eq(after.free, 7);
    pages_give_back();
    page_get_statistics(&after);
    ck_assert_uint_eq(after.free, before.free);
}
END_TEST

static void free_twice(void *context) {
    page_put(context);
    page_put(context);
}

START_TEST(double_free) { ck_assert(host_catch_panic(free_twice, page_alloc())); }
END_TEST

static void free_outside(void *context) {
    (void)context;
    static char page[4096] __attribute__((aligned(4096)));
    page_put(page);
}

START_TEST(foreign_page) { ck_assert(host_catch_panic(free_outside, NULL)); }
END_TEST

static void setup_too_small(void *context) {
    (void)context;
    kernel_setup_pages(64);
}

START_TEST(too_little_memory) {
    ck_assert(host_catch_panic(setup_too_small, NULL));
    ck_assert_ptr_nonnull(strstr(host_log(), "too little memory"));
}
END_TEST

// ---- Object caches -----------------------------------------------------------------------------

static struct object_cache cache;

static void setup_cache(void) {
    kernel_setup();
    object_cache_init(&cache, "test", 200);
}

START_TEST(objects_are_zeroed_and_distinct) {
    char *objects[1000];
    for (int i = 0; i < 1000; i++) {
        objects[i] = object_cache_alloc(&cache);
        require(objects[i] != NULL && (uint64_t)objects[i] % 16 == 0);
        for (int at = 0; at < 200; at++) require(objects[i][at] == 0);
        memset(objects[i], i, 200);
    }
    for (int i = 0; i < 1000; i++)
        for (int at = 0; at < 200; at++) require(objects[i][at] == (char)i);
    ck_assert_uint_eq(cache.live, 1000);
}
END_TEST

START_TEST(empty_slabs_go_back) {
    void *objects[500];
    uint64_t free = pages_free();
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 500; i++) objects[i] = object_cache_alloc(&cache);
        for (int i = 499; i > 0; i--) { // free in another order
            uint32_t other = test_random((uint32_t)i + 1);
            object_cache_free(&cache, objects[other]);
            objects[other] = objects[i];
        }
        object_cache_free(&cache, objects[0]);
    }
    object_cache_drain(&cache);
    ck_assert_uint_eq(cache.live, 0);
    ck_assert_uint_eq(cache.slabs, 0);
    ck_assert_uint_eq(pages_free(), free);
}
END_TEST

START_TEST(cache_without_memory) {
    void *objects[400];
    int count = 0;
    pages_take_all_but(3);
    while ((objects[count] = object_cache_alloc(&cache))) count++;
    ck_assert_uint_eq((uint32_t)count, 3 * cache.objects_per_slab);
    ck_assert_ptr_null(object_cache_alloc(&cache));
    object_cache_free(&cache, objects[--count]);
    ck_assert_ptr_nonnull(objects[count++] = object_cache_alloc(&cache));
    while (count > 0) object_cache_free(&cache, objects[--count]);
    object_cache_drain(&cache);
    ck_assert_uint_eq(pages_free(), 3);
}
END_TEST

START_TEST(sizes) {
    static const size_t sizes[] = {1, 16, 17, 100, 512, 1000, 2000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        object_cache_init(&cache, "size", sizes[i]);
        char *a = object_cache_alloc(&cache), *b = object_cache_alloc(&cache);
        memset(a, 1, sizes[i]);
        memset(b, 2, sizes[i]);
        ck_assert_int_eq(a[0], 1);
        ck_assert_int_eq(a[sizes[i] - 1], 1);
        object_cache_free(&cache, a);
        object_cache_free(&cache, b);
        object_cache_drain(&cache);
        ck_assert_uint_eq(cache.slabs, 0);
    }
}
END_TEST

// ---- Several CPUs ------------------------------------------------------------------------------

#define ROUNDS 3000
#define HELD   100

static void *shared[HELD]; // pages that travel between CPUs; exchanged atomically

static void churn_pages(uint32_t index) {
    void *held[HELD] = {NULL};
    uint32_t state = index + 1;
    for (int i = 0; i < ROUNDS; i++) {
        state = state * 1103515245 + 12345;
        uint32_t at = (state >> 16) % HELD;
        if (held[at]) page_put(held[at]);
        held[at] = page_alloc();
        require(held[at] != NULL);
        *(uint32_t *)held[at] = index;
        // Hand one to whoever takes it, who frees it.
        held[at] = __atomic_exchange_n(&shared[at], held[at], __ATOMIC_ACQ_REL);
    }
    for (int i = 0; i < HELD; i++)
        if (held[i]) page_put(held[i]);
}

START_TEST(pages_on_several_cpus) {
    uint64_t free = pages_free();
    kernel_run_on_cpus(4, churn_pages);
    for (int i = 0; i < HELD; i++)
        if (shared[i]) page_put(shared[i]);
    ck_assert_uint_eq(pages_free(), free);
}
END_TEST

static void share_page(uint32_t index) {
    (void)index;
    for (int i = 0; i < ROUNDS; i++) {
        page_get(shared[0]);
        page_get(shared[0]);
        require(page_is_shared(shared[0]));
        page_put(shared[0]);
        page_put(shared[0]);
    }
}

START_TEST(references_on_several_cpus) {
    shared[0] = page_alloc();
    kernel_run_on_cpus(4, share_page);
    ck_assert(!page_is_shared(shared[0]));
}
END_TEST

static void churn_objects(uint32_t index) {
    uint64_t *held[HELD] = {NULL};
    uint32_t state = index + 1;
    for (int i = 0; i < ROUNDS; i++) {
        state = state * 1103515245 + 12345;
        uint32_t at = (state >> 16) % HELD;
        if (held[at]) {
            require(*held[at] >= 1);
            object_cache_free(&cache, held[at]);
        }
        held[at] = object_cache_alloc(&cache);
        require(held[at] && *held[at] == 0);
        *held[at] = index + 1;
        held[at] = __atomic_exchange_n(&shared[at], held[at], __ATOMIC_ACQ_REL);
    }
    for (int i = 0; i < HELD; i++)
        if (held[i]) object_cache_free(&cache, held[i]);
    object_cache_drain(&cache);
}

START_TEST(objects_on_several_cpus) {
    uint64_t free = pages_free();
    kernel_run_on_cpus(4, churn_objects);
    for (int i = 0; i < HELD; i++)
        if (shared[i]) object_cache_free(&cache, shared[i]);
    object_cache_drain(&cache);
    ck_assert_uint_eq(cache.live, 0);
    ck_assert_uint_eq(cache.slabs, 0);
    ck_assert_uint_eq(pages_free(), free);
}
END_TEST

Suite *pages_suite(void) {
    Suite *suite = suite_create("pages");
    add_case(suite, "allocator", kernel_setup, NULL, all_pages_are_distinct,
             exhaustion_and_recovery, zeroed_pages, references, statistics, double_free,
             foreign_page);
    add_case(suite, "boot", NULL, NULL, too_little_memory);
    add_case(suite, "object caches", setup_cache, NULL, objects_are_zeroed_and_distinct,
             empty_slabs_go_back, cache_without_memory, sizes);
    tcase_set_tags(add_case(suite, "several CPUs", setup_cache, NULL, pages_on_several_cpus,
                            references_on_several_cpus, objects_on_several_cpus),
                   "threads");
    return suite;
}
