// SPDX-License-Identifier: MIT
// How capabilities get from one table to another, or not: revoked grants, fork, spawn, exec.
#include <check.h>

#include "kernel.h"
#include "abi/errno.h"
#include "cap/pin.h"
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

// ---- Grants: what revocation will flip ---------------------------------------------------------

static int mint_under(struct grant *grant, uint32_t rights) {
    int slot = mint(&space, rights);
    grant_get(grant);
    space.slots[slot].grant = grant;
    return slot;
}

START_TEST(revoked_slots_are_dead) {
    struct cap_ref ref;
    struct cap_info info;
    struct grant *grant = grant_create();
    int slot = mint_under(grant, ALL_RIGHTS), own = mint(&space, CAP_READ);
    int64_t token = cap_space_get_token(&space, slot, CAP_TYPE_FILE);
    ck_assert_uint_eq(stat_of(&space, slot).grant_epoch, grant->object.id);
    int copy = cap_space_dup(&space, slot);
    cap_space_fork(&other, &space);
    ck_assert_uint_eq(stat_of(&other, copy).grant_epoch, grant->object.id);
    ck_assert_int_eq(cap_space_pin(&space, slot, CAP_TYPE_FILE, 0, &ref), 0);
    __atomic_store_n(&grant->revoked, 1, __ATOMIC_RELEASE);
    ck_assert(!cap_ref_is_live(&ref));
    cap_ref_release(&ref);
    struct cap_space *const tables[] = {&space, &other};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(cap_space_pin(tables[i], slot, CAP_TYPE_FILE, 0, &ref), -EBADF);
        ck_assert_int_eq(cap_space_pin(tables[i], copy, CAP_TYPE_FILE, 0, &ref), -EBADF);
        ck_assert_int_eq(cap_space_stat(tables[i], copy, &info), -EBADF);
        ck_assert_int_eq(cap_space_dup(tables[i], copy), -EBADF);
        ck_assert_int_eq(cap_space_drop(tables[i], token), -EBADF);
        ck_assert_uint_eq(cap_space_count_live(tables[i]), 1);
        ck_assert_uint_eq(stat_of(tables[i], own).rights, CAP_READ);
    }
    grant_put(grant);
}
END_TEST

START_TEST(revoked_slots_are_not_copied) {
    struct grant *grant = grant_create();
    int slot = mint_under(grant, ALL_RIGHTS);
    __atomic_store_n(&grant->revoked, 1, __ATOMIC_RELEASE);
    cap_space_fork(&other, &space);
    ck_assert_uint_eq(cap_space_count_live(&other), 0);
    ck_assert_ptr_null(other.slots[slot].object);
    struct cap_space third;
    ck_assert_int_eq(cap_space_init(&third, 3), 0);
    ck_assert_int_eq(cap_space_inherit(&third, &space, false), 0);
    ck_assert_uint_eq(cap_space_count_live(&third), 0);
    cap_space_close(&third);
    cap_space_destroy(&third);
    ck_assert_int_eq(cap_space_dup2(&space, mint(&space, CAP_READ), slot), slot);
    ck_assert_uint_eq(stat_of(&space, slot).grant_epoch, 0);
    ck_assert_uint_eq(object_count(&grant->object), 1);
    grant_put(grant);
}
END_TEST

// ---- fork, spawn, exec -------------------------------------------------------------------------

START_TEST(fork_copies_the_table) {
    int a = mint(&space, CAP_READ | CAP_GRANT), gap = mint(&space, CAP_READ);
    int c = cap_space_mint(&space, test_object(&test_other_type), CAP_WRITE, CAP_CLOSE_ON_SPAWN);
    int64_t thread = cap_space_mint_reserved(&space, test_object(&test_thread_type), CAP_READ);
    int64_t token = cap_space_get_token(&space, a, CAP_TYPE_FILE);
    cap_space_close_slot(&space, gap);
    cap_space_fork(&other, &space);
    ck_assert_int_eq(cap_space_get_token(&other, a, CAP_TYPE_FILE), token); // the same generation
    ck_assert_uint_eq(stat_of(&other, a).rights, CAP_READ | CAP_GRANT);
    ck_assert_uint_eq(stat_of(&other, a).references, 2);
    ck_assert_uint_eq(stat_of(&other, c).flags, CAP_CLOSE_ON_SPAWN);
    // The thread's handle is dead, and its old token stays so.
    uint32_t slot = (uint32_t)(thread & 0xff);
    ck_assert_ptr_null(other.slots[slot].object);
    ck_assert_uint_eq(other.slots[slot].generation, space.slots[slot].generation + 1);
    ck_assert_int_eq(cap_space_drop(&other, thread), -EBADF);
    ck_assert_uint_eq(stat_of(&space, (int)slot).references, 1);
    ck_assert_int_eq(mint(&other, CAP_READ), gap);
    ck_assert_int_eq(cap_space_close_slot(&other, a), 0);
    ck_assert_uint_eq(stat_of(&space, a).references, 1);
}
END_TEST

START_TEST(spawn_inherits_what_may_be_granted) {
    int a = mint(&space, CAP_READ | CAP_GRANT), b = mint(&space, CAP_WRITE | CAP_GRANT);
    int queue = cap_space_mint(&space, test_object(&test_other_type), ALL_RIGHTS, 0);
    int private = mint(&space, CAP_READ);
    cap_space_set_flags(&space, private, CAP_CLOSE_ON_SPAWN);
    cap_space_set_flags(&space, b, CAP_CLOSE_ON_SPAWN);
    ck_assert_int_eq(cap_space_inherit(&other, &space, false), 0);
    ck_assert_uint_eq(cap_space_count_live(&other), 1);
    ck_assert_uint_eq(stat_of(&other, a).rights, CAP_READ);
    ck_assert_int_eq(stat_of(&space, queue).references, 1);
}
END_TEST

START_TEST(spawn_without_grant) {
    mint(&space, CAP_READ | CAP_GRANT);
    mint(&space, CAP_READ);
    ck_assert_int_eq(cap_space_inherit(&other, &space, false), -EACCES);
    cap_space_close(&other);
    cap_space_destroy(&other);
    ck_assert_int_eq(cap_space_init(&other, 2), 0);
    ck_assert_int_eq(cap_space_inherit(&other, &space, true), 0);
    ck_assert_uint_eq(cap_space_count_live(&other), 1);
}
END_TEST

START_TEST(spawn_dup2_from_the_parent) {
    int a = mint(&space, CAP_READ | CAP_GRANT), plain = mint(&space, CAP_READ);
    int queue = cap_space_mint(&space, test_object(&test_other_type), ALL_RIGHTS, 0);
    ck_assert_int_eq(cap_space_inherit_one(&other, 5, &space, a), 0);
    ck_assert_uint_eq(stat_of(&other, 5).rights, CAP_READ);
    ck_assert_int_eq(cap_space_inherit_one(&other, 6, &space, plain), -EACCES);
    ck_assert_int_eq(cap_space_inherit_one(&other, 6, &space, queue), -EINVAL);
    ck_assert_int_eq(cap_space_inherit_one(&other, CAP_SLOTS_ORDINARY, &space, a), -EBADF);
    ck_assert_int_eq(cap_space_inherit_one(&other, -1, &space, a), -EBADF);
    ck_assert_int_eq(cap_space_inherit_one(&other, 5, &space, a), 0); // replaces
    ck_assert_uint_eq(cap_space_count_live(&other), 1);
}
END_TEST

START_TEST(spawn_opens_at_a_slot) {
    struct object *first = test_object(&test_file_type), *second = test_object(&test_file_type);
    ck_assert_int_eq(cap_space_mint_at(&other, 9, first, CAP_READ, CAP_CLOSE_ON_SPAWN), 0);
    ck_assert_uint_eq(stat_of(&other, 9).flags, CAP_CLOSE_ON_SPAWN);
    ck_assert_int_eq(cap_space_mint_at(&other, 9, second, CAP_WRITE, 0), 0);
    ck_assert_uint_eq(test_objects_live(), 1);
    object_get(second);
    ck_assert_int_eq(cap_space_mint_at(&other, -1, second, CAP_READ, 0), -EBADF);
    ck_assert_int_eq(cap_space_mint_at(&other, INT64_MAX, second, CAP_READ, 0), -EBADF);
    object_put(second);
}
END_TEST

START_TEST(exec_empties_marked_slots) {
    int a = mint(&space, CAP_READ), b = mint(&space, CAP_READ);
    cap_space_set_flags(&space, b, CAP_CLOSE_ON_SPAWN);
    struct object *own = test_object(&test_thread_type);
    cap_space_mint_reserved(&space, test_object(&test_thread_type), CAP_READ);
    int64_t token = cap_space_mint_reserved(&space, own, CAP_READ);
    cap_space_exec(&space, own);
    ck_assert_uint_eq(cap_space_count_live(&space), 2);
    ck_assert_uint_eq(test_objects_live(), 2);
    ck_assert_uint_eq(stat_of(&space, cap_token_slot(token)).type, CAP_TYPE_THREAD);
    ck_assert_uint_eq(stat_of(&space, a).rights, CAP_READ);
}
END_TEST

Suite *cap_inherit_suite(void) {
    Suite *suite = suite_create("cap_inherit");
    add_case(suite, "grants", setup, teardown, revoked_slots_are_dead,
             revoked_slots_are_not_copied);
    add_case(suite, "whole tables", setup, teardown, fork_copies_the_table,
             spawn_inherits_what_may_be_granted, spawn_without_grant, spawn_dup2_from_the_parent,
             spawn_opens_at_a_slot, exec_empties_marked_slots);
    return suite;
}
