// SPDX-License-Identifier: MIT
// One capability table: minting, close, dup, pins, and exact lifetimes.
#include "cap/pin.h"
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "cap_objects.h"

static struct cap_space space, other;

static void setup(void) {
    kernel_setup();
    ck_assert_int_eq(cap_space_init(&space, 1), 0);
    ck_assert_int_eq(cap_space_init(&other, 2), 0);
}

// Nothing may be left of any test.
static void teardown(void) {
    cap_space_close(&space);
    cap_space_close(&other);
    cap_space_destroy(&space);
    cap_space_destroy(&other);
    ck_assert_uint_eq(test_objects_live(), 0);
    ck_assert_uint_eq(object_count_live(), 0);
}

static struct cap_info stat_of(struct cap_space *table, int slot) {
    struct cap_info info;
    ck_assert_int_eq(cap_space_stat(table, slot, &info), 0);
    return info;
}

// ---- Minting -----------------------------------------------------------------------------------

START_TEST(lowest_free_slot) {
    for (int i = 0; i < CAP_SLOTS_ORDINARY; i++) ck_assert_int_eq(mint(&space, CAP_READ), i);
    struct object *object = test_object(&test_file_type);
    ck_assert_int_eq(cap_space_mint(&space, object, CAP_READ, 0), -EMFILE);
    ck_assert_uint_eq(object->count, 1); // still ours
    ck_assert_int_eq(cap_space_dup(&space, 0), -EMFILE);
    static const int holes[] = {77, 3, 111, 64, 63};
    for (int i = 0; i < 5; i++) ck_assert_int_eq(cap_space_close_slot(&space, holes[i]), 0);
    ck_assert_int_eq(cap_space_mint(&space, object, CAP_READ, 0), 3);
    ck_assert_int_eq(mint(&space, CAP_READ), 63);
    ck_assert_int_eq(cap_space_dup(&space, 0), 64);
    ck_assert_int_eq(mint(&space, CAP_READ), 77);
    ck_assert_int_eq(mint(&space, CAP_READ), 111);
    ck_assert_uint_eq(cap_space_count_live(&space), CAP_SLOTS_ORDINARY);
}
END_TEST

START_TEST(reserved_slots_are_taken_until_given_back) {
    struct object *object = test_object(&test_file_type);
    for (int i = 0; i < CAP_SLOTS_ORDINARY; i++) mint(&space, CAP_READ);
    ck_assert_int_eq(cap_space_reserve(&space), -EMFILE);
    cap_space_close_slot(&space, 50);
    cap_space_close_slot(&space, 20);
    ck_assert_int_eq(cap_space_reserve(&space), 20);
    ck_assert_int_eq(cap_space_close_slot(&space, 20), -EBADF); // nothing is in it yet
    ck_assert_int_eq(cap_space_reserve(&space), 50);
    ck_assert_int_eq(cap_space_mint(&space, object, CAP_READ, 0), -EMFILE);
    cap_space_unreserve(&space, 50);
    cap_space_fill(&space, 20, object, CAP_WRITE, 0);
    ck_assert_uint_eq(stat_of(&space, 20).rights, CAP_WRITE);
    ck_assert_int_eq(mint(&space, CAP_READ), 50);
}
END_TEST

START_TEST(reserved_slots_are_for_threads) {
    int64_t last = -1;
    for (int i = 0; i < CAP_SLOTS_RESERVED; i++) {
        last = cap_space_mint_reserved(&space, test_object(&test_thread_type), CAP_READ);
        ck_assert_int_gt(last, 0);
        int slot = (int)(last & 0xff);
        ck_assert_int_ge(slot, CAP_SLOTS_ORDINARY);
        ck_assert_int_eq(cap_space_get_token(&space, slot, CAP_TYPE_THREAD), last);
    }
    struct object *object = test_object(&test_thread_type);
    ck_assert_int_eq(cap_space_mint_reserved(&space, object, CAP_READ), -EMFILE);
    object_put(object);
    // Nothing else can get there.
    int slot = mint(&space, CAP_READ), thread = (int)(last & 0xff);
    ck_assert_int_eq(cap_space_dup(&space, thread), -EINVAL);
    ck_assert_int_eq(cap_space_dup2(&space, slot, thread), -EINVAL);
    ck_assert_int_eq(cap_space_dup2(&space, thread, slot), -EINVAL);
    ck_assert_int_eq(cap_space_close_slot(&space, thread), -EINVAL); // not a file
    ck_assert_int_eq(cap_space_drop(&space, last), 0);
    ck_assert_int_eq(cap_space_dup2(&space, slot, thread), -EINVAL); // dead, but reserved
    object = test_object(&test_file_type);
    ck_assert_int_eq(cap_space_mint_at(&space, thread, object, CAP_READ, 0), -EBADF);
    object_put(object);
}
END_TEST

START_TEST(reserving_a_slot) {
    int slot = cap_space_reserve(&space);
    ck_assert_int_eq(slot, 0);
    struct cap_ref ref;
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_FILE, 0, &ref), -EBADF);
    ck_assert_int_eq(mint(&space, CAP_READ), 1);
    cap_space_unreserve(&space, slot);
    slot = cap_space_reserve(&space);
    ck_assert_int_eq(slot, 0);
    cap_space_fill(&space, slot, test_object(&test_file_type), CAP_READ, CAP_CLOSE_ON_SPAWN);
    ck_assert_uint_eq(stat_of(&space, 0).flags, CAP_CLOSE_ON_SPAWN);
    while (cap_space_reserve(&space) >= 0)
        ;
    ck_assert_int_eq(cap_space_reserve(&space), -EMFILE);
}
END_TEST

START_TEST(closed_tables_refuse) {
    struct object *object = test_object(&test_file_type);
    mint(&space, CAP_READ);
    cap_space_close(&space);
    ck_assert_uint_eq(cap_space_count_live(&space), 0);
    ck_assert_int_eq(cap_space_mint(&space, object, CAP_READ, 0), -EMFILE);
    ck_assert_int_eq(cap_space_reserve(&space), -EMFILE);
    object_put(object);
}
END_TEST

// ---- close, dup, dup2, flags, stat -------------------------------------------------------------

static const int64_t bad_slots[] = {
    -1,        5,         CAP_SLOTS_ORDINARY, CAP_SLOTS - 1,   CAP_SLOTS, CAP_SLOTS + 1,
    INT32_MAX, INT64_MAX, INT64_MIN,          INT64_C(1) << 32};
#define BAD_SLOTS (sizeof(bad_slots) / sizeof(bad_slots[0]))

START_TEST(bad_slot_numbers) {
    struct cap_info info;
    struct cap_ref ref;
    int slot = mint(&space, ALL_RIGHTS);
    for (size_t i = 0; i < BAD_SLOTS; i++) {
        int64_t bad = bad_slots[i];
        ck_assert_int_eq(cap_space_close_slot(&space, bad), -EBADF);
        ck_assert_int_eq(cap_space_dup(&space, bad), -EBADF);
        ck_assert_int_eq(cap_space_dup2(&space, bad, slot), -EBADF);
        ck_assert_int_eq(cap_space_dup2(&space, bad, bad), -EBADF);
        ck_assert_int_eq(cap_space_get_token(&space, bad, CAP_TYPE_FILE), -EBADF);
        ck_assert_int_eq(cap_space_set_flags(&space, bad, 0), -EBADF);
        ck_assert_int_eq(cap_space_stat(&space, bad, &info), -EBADF);
        ck_assert_int_eq(cap_space_pin(&space, bad, CAP_TYPE_FILE, 0, &ref), -EBADF);
        ck_assert_int_eq(cap_space_inherit_one(&other, 0, &space, bad), -EBADF);
        if (bad < 0 || bad >= CAP_SLOTS)
            ck_assert_int_eq(cap_space_dup2(&space, slot, bad), -EBADF);
        else if (bad >= CAP_SLOTS_ORDINARY)
            ck_assert_int_eq(cap_space_dup2(&space, slot, bad), -EINVAL);
    }
    ck_assert_uint_eq(cap_space_count_live(&space), 1);
}
END_TEST

START_TEST(close_releases) {
    int slot = mint(&space, CAP_READ), copy = cap_space_dup(&space, slot);
    ck_assert_int_eq(cap_space_close_slot(&space, slot), 0);
    ck_assert_int_eq(cap_space_close_slot(&space, slot), -EBADF);
    ck_assert_uint_eq(test_objects_live(), 1);
    ck_assert_int_eq(cap_space_close_slot(&space, copy), 0);
    ck_assert_uint_eq(test_objects_live(), 0); // at once
    int queue = cap_space_mint(&space, test_object(&test_other_type), CAP_READ, 0);
    ck_assert_int_eq(cap_space_close_slot(&space, queue), 0);
    ck_assert_uint_eq(test_objects_live(), 0);
    cap_space_mint_reserved(&space, test_object(&test_thread_type), CAP_READ);
    ck_assert_int_eq(cap_space_close_slot(&space, CAP_SLOTS - 1), -EINVAL);
    ck_assert_uint_eq(test_objects_live(), 1);
}
END_TEST

START_TEST(dup_copies) {
    int slot = cap_space_mint(&space, test_object(&test_file_type), CAP_READ | CAP_GRANT,
                              CAP_CLOSE_ON_SPAWN);
    int copy = cap_space_dup(&space, slot);
    struct cap_info a = stat_of(&space, slot), b = stat_of(&space, copy);
    ck_assert_int_eq(copy, 1);
    ck_assert_uint_eq(b.rights, CAP_READ | CAP_GRANT);
    ck_assert_uint_eq(b.flags, 0);
    ck_assert_uint_eq(a.flags, CAP_CLOSE_ON_SPAWN);
    ck_assert_uint_eq(a.object_id, b.object_id);
    ck_assert_uint_eq(b.references, 2);
    ck_assert_str_eq(b.name, "object of type file");
}
END_TEST

START_TEST(dup2_replaces) {
    int a = mint(&space, CAP_READ), b = mint(&space, CAP_WRITE);
    int64_t token = cap_space_get_token(&space, b, CAP_TYPE_FILE);
    ck_assert_int_eq(cap_space_dup2(&space, a, b), b);
    ck_assert_uint_eq(test_objects_live(), 1);
    ck_assert_uint_eq(stat_of(&space, b).rights, CAP_READ);
    ck_assert_int_eq(cap_space_drop(&space, token), -EBADF); // it names what was there before
    ck_assert_int_eq(cap_space_dup2(&space, a, 100), 100);
    ck_assert_int_eq(mint(&space, CAP_READ), 2); // others are still free
    // Onto itself: nothing happens.
    token = cap_space_get_token(&space, a, CAP_TYPE_FILE);
    ck_assert_int_eq(cap_space_set_flags(&space, a, CAP_CLOSE_ON_SPAWN), 0);
    ck_assert_int_eq(cap_space_dup2(&space, a, a), a);
    ck_assert_uint_eq(stat_of(&space, a).flags, CAP_CLOSE_ON_SPAWN);
    ck_assert_int_eq(cap_space_get_token(&space, a, CAP_TYPE_FILE), token);
}
END_TEST

START_TEST(flags) {
    int slot = mint(&space, CAP_READ);
    static const int64_t bad[] = {2, 3, -1, INT64_MIN, INT64_C(1) << 32, INT64_C(1) << 62};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(cap_space_set_flags(&space, slot, bad[i]), -EINVAL);
    ck_assert_int_eq(cap_space_set_flags(&space, 9, -1), -EBADF); // the slot first
    ck_assert_int_eq(cap_space_set_flags(&space, slot, CAP_CLOSE_ON_SPAWN), 0);
    ck_assert_uint_eq(stat_of(&space, slot).flags, CAP_CLOSE_ON_SPAWN);
    ck_assert_int_eq(cap_space_set_flags(&space, slot, 0), 0);
    ck_assert_uint_eq(stat_of(&space, slot).flags, 0);
}
END_TEST

// ---- Pins --------------------------------------------------------------------------------------

START_TEST(pin_order_of_errors) {
    struct cap_ref ref;
    int slot = mint(&space, CAP_READ);
    ck_assert_int_eq(cap_space_pin(&space, 7, CAP_TYPE_QUEUE, CAP_WRITE, &ref), -EBADF);
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_QUEUE, CAP_WRITE, &ref), -EINVAL);
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_FILE, CAP_WRITE, &ref), -ENOTCAPABLE);
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_FILE, CAP_READ | CAP_EXEC, &ref),
                     -ENOTCAPABLE);
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_FILE, CAP_READ, &ref), 0);
    ck_assert(cap_ref_is_live(&ref));
    cap_ref_release(&ref);
}
END_TEST

START_TEST(pin_outlives_slot) {
    struct cap_ref ref;
    int slot = mint(&space, CAP_READ);
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_FILE, 0, &ref), 0);
    ck_assert_int_eq(cap_space_close_slot(&space, slot), 0);
    ck_assert_uint_eq(test_objects_live(), 1);
    ck_assert_uint_eq(ref.object->count, 1);
    ck_assert_int_eq(mint(&space, CAP_READ), slot); // another object by now
    cap_ref_release(&ref);
    ck_assert_uint_eq(test_objects_live(), 1);
}
END_TEST

START_TEST(every_right_alone) {
    struct cap_ref ref;
    for (uint32_t have = 0; have < 32; have++) {
        uint32_t rights = (have & 15) | (have & 16 ? 1u << 10 : 0);
        int slot = mint(&space, rights);
        for (uint32_t need = 0; need < 32; need++) {
            uint32_t wanted = (need & 15) | (need & 16 ? 1u << 10 : 0);
            int result = cap_space_pin(&space, slot, CAP_TYPE_FILE, wanted, &ref);
            require(result == ((have & need) == need ? 0 : -ENOTCAPABLE));
            if (result == 0) cap_ref_release(&ref);
        }
        cap_space_close_slot(&space, slot);
    }
}
END_TEST

START_TEST(no_memory_for_a_table) {
    struct cap_space third;
    host_fail_allocations_after(0);
    ck_assert_int_eq(cap_space_init(&third, 3), -ENOMEM);
    host_fail_allocations_after(UINT64_MAX);
}
END_TEST

Suite *cap_space_suite(void) {
    Suite *suite = suite_create("cap_space");
    add_case(suite, "minting", setup, teardown, lowest_free_slot,
             reserved_slots_are_taken_until_given_back, reserved_slots_are_for_threads,
             reserving_a_slot, closed_tables_refuse, no_memory_for_a_table);
    add_case(suite, "calls", setup, teardown, bad_slot_numbers, close_releases, dup_copies,
             dup2_replaces, flags);
    add_case(suite, "pins", setup, teardown, pin_order_of_errors, pin_outlives_slot,
             every_right_alone);
    return suite;
}
