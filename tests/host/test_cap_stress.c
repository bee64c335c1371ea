// SPDX-License-Identifier: MIT
// One capability table and several CPUs: whatever they do at the same time, an object lives exactly
// as long as something holds it (P8, P9), and of two drops of one token one succeeds.
#include "cap/pin.h"
#include <check.h>

#include "kernel.h"
#include "abi/errno.h"
#include "cap_objects.h"

#define CPUS   4
#define ROUNDS 4000
#define SLOTS  8 // that they fight for

static struct cap_space space, second;

static void setup(void) {
    kernel_setup();
    ck_assert_int_eq(cap_space_init(&space, 1), 0);
    ck_assert_int_eq(cap_space_init(&second, 2), 0);
}

static void teardown(void) {
    cap_space_close(&space);
    cap_space_close(&second);
    ck_assert_uint_eq(test_objects_live(), 0);
    ck_assert_uint_eq(object_count_live(), 0);
}

static uint32_t next(uint32_t *state) {
    *state = *state * 1103515245 + 12345;
    return *state >> 16;
}

static void pin_and_look(int64_t slot) {
    struct cap_ref ref;
    int result = cap_space_pin(&space, slot, CAP_TYPE_FILE, CAP_READ, &ref);
    require(result == 0 || result == -EBADF);
    if (result != 0) return;
    // The object cannot go while it is pinned.
    require(__atomic_load_n(&ref.object->count, __ATOMIC_RELAXED) >= 1);
    require(ref.object->type == &test_file_type);
    cap_ref_release(&ref);
}

static void mint_one(void) {
    struct object *object = test_object(&test_file_type);
    int slot = cap_space_mint(&space, object, CAP_READ | CAP_GRANT, 0);
    require(slot >= 0 || slot == -EMFILE);
    if (slot < 0) object_put(object);
}

static void change_at_random(uint32_t index) {
    uint32_t state = index + 1;
    struct cap_info info;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t slot = next(&state) % SLOTS, target = next(&state) % SLOTS;
        int64_t token;
        switch (next(&state) % 8) {
        case 0: mint_one(); break;
        case 1: cap_space_close_slot(&space, slot); break;
        case 2: cap_space_dup(&space, slot); break;
        case 3: cap_space_dup2(&space, slot, target); break;
        case 4:
            token = cap_space_get_token(&space, slot, CAP_TYPE_FILE);
            if (token > 0) cap_space_drop(&space, token);
            break;
        case 5:
            if (cap_space_stat(&space, slot, &info) == 0)
                require(info.references >= 1 && info.type == CAP_TYPE_FILE);
            break;
        default: pin_and_look(slot);
        }
    }
}

START_TEST(random_changes) { kernel_run_on_cpus(CPUS, change_at_random); }
END_TEST

static int64_t tokens[CAP_SLOTS_ORDINARY];
static uint32_t dropped; // atomic

static void drop_all(uint32_t index) {
    (void)index;
    for (int i = 0; i < CAP_SLOTS_ORDINARY; i++)
        if (cap_space_drop(&space, tokens[i]) == 0)
            __atomic_fetch_add(&dropped, 1, __ATOMIC_RELAXED);
}

START_TEST(one_drop_wins) {
    for (int i = 0; i < CAP_SLOTS_ORDINARY; i++)
        tokens[i] = cap_space_get_token(&space, mint(&space, CAP_READ), CAP_TYPE_FILE);
    kernel_run_on_cpus(CPUS, drop_all);
    ck_assert_uint_eq(dropped, CAP_SLOTS_ORDINARY);
    ck_assert_uint_eq(cap_space_count_live(&space), 0);
}
END_TEST

// CPU 0 forks and inherits the table over and over while the others change it.
static void copy_while_changed(uint32_t index) {
    struct cap_space copy;
    if (index > 0) {
        change_at_random(index);
        return;
    }
    for (int32_t i = 0; i < ROUNDS / 20; i++) {
        require(cap_space_init(&copy, 10 + i) == 0);
        if (i % 2)
            cap_space_fork(&copy, &space);
        else
            require(cap_space_inherit(&copy, &space, false) == 0);
        cap_space_close(&copy);
        cap_space_destroy(&copy);
    }
}

START_TEST(copies_of_a_busy_table) { kernel_run_on_cpus(CPUS, copy_while_changed); }
END_TEST

// Opposite directions between two tables: the order of the locks is not the order of the arguments.
static void cross(uint32_t index) {
    struct cap_space *from = index % 2 ? &space : &second, *to = index % 2 ? &second : &space;
    for (int i = 0; i < ROUNDS; i++) {
        int result = cap_space_inherit_one(to, 20 + index, from, 0);
        require(result == 0);
    }
}

START_TEST(opposite_directions) {
    mint(&space, ALL_RIGHTS);
    mint(&second, ALL_RIGHTS);
    kernel_run_on_cpus(CPUS, cross);
}
END_TEST

Suite *cap_stress_suite(void) {
    Suite *suite = suite_create("cap_stress");
    tcase_set_tags(add_case(suite, "several CPUs", setup, teardown, random_changes, one_drop_wins,
                            copies_of_a_busy_table, opposite_directions),
                   "threads");
    return suite;
}
