// SPDX-License-Identifier: MIT
// Tokens: accepted only if equal in every bit to the present token of a live slot (P1), dead after
// a drop also when the slot is live again (P3), never issued twice, and retired before they wrap.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "cap_objects.h"

#define LAST_GENERATION (CAP_GENERATION_RETIRED - 1) // that a live slot can have

static struct cap_space space, other;

static void setup(void) {
    kernel_setup();
    ck_assert_int_eq(cap_space_init(&space, 1), 0);
    ck_assert_int_eq(cap_space_init(&other, 2), 0);
}

static void teardown(void) {
    cap_space_close(&space);
    cap_space_close(&other);
    ck_assert_uint_eq(test_objects_live(), 0);
}

static int64_t token_of(struct cap_space *table, int slot) {
    int64_t token = cap_space_get_token(table, slot, CAP_TYPE_FILE);
    require(token > 0);
    return token;
}

START_TEST(fields) {
    struct cap_info info;
    for (int i = 0; i < 20; i++) mint(&space, CAP_READ);
    cap_space_stat(&space, 17, &info);
    uint32_t generation = info.generation;
    cap_space_close_slot(&space, 17);
    cap_space_close_slot(&space, mint(&space, CAP_READ));
    int slot = mint(&space, CAP_WRITE | CAP_GRANT);
    int64_t token = token_of(&space, slot);
    ck_assert_int_eq(slot, 17);
    cap_space_stat(&space, slot, &info);
    ck_assert_int_eq(token & 0xff, slot);
    ck_assert_int_eq(token >> 8 & 0x3f, CAP_TYPE_FILE);
    ck_assert_int_eq(token >> 14 & 0xffffff, CAP_WRITE | CAP_GRANT);
    ck_assert_int_eq(token >> 38, info.generation);
    ck_assert_int_eq(info.generation, generation + 2);
}
END_TEST

START_TEST(get_token_errors) {
    int slot = mint(&space, CAP_READ);
    ck_assert_int_eq(cap_space_get_token(&space, 5, CAP_TYPE_THREAD), -EBADF); // the slot first
    static const int64_t types[] = {
        0, CAP_TYPE_THREAD, -1, 64, INT64_C(1) << 32 | CAP_TYPE_FILE, INT64_MIN | CAP_TYPE_FILE};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        ck_assert_int_eq(cap_space_get_token(&space, slot, types[i]), -EINVAL);
}
END_TEST

START_TEST(every_single_bit_counts) {
    // The table is full; slots whose numbers differ in one bit have different rights, since
    // otherwise a change of that bit makes the other's token.
    for (unsigned i = 0; i < CAP_SLOTS_ORDINARY; i++)
        mint(&space, __builtin_popcount(i) % 2 ? ALL_RIGHTS : CAP_READ);
    cap_space_mint_reserved(&space, test_object(&test_thread_type), CAP_READ);
    for (int slot = 0; slot < CAP_SLOTS_ORDINARY; slot++) {
        int64_t token = token_of(&space, slot);
        for (int bit = 0; bit < 64; bit++)
            require(cap_space_drop(&space, token ^ (int64_t)(UINT64_C(1) << bit)) == -EBADF);
    }
    ck_assert_uint_eq(cap_space_count_live(&space), CAP_SLOTS_ORDINARY + 1);
    for (int slot = 0; slot < CAP_SLOTS_ORDINARY; slot++) {
        int64_t token = token_of(&space, slot);
        require(cap_space_drop(&space, token) == 0);
        require(cap_space_drop(&space, token) == -EBADF);
    }
}
END_TEST

START_TEST(guesses) {
    for (int i = 0; i < CAP_SLOTS_ORDINARY; i++) mint(&space, ALL_RIGHTS);
    static const int64_t words[] = {0, -1, 1, INT64_MIN, INT64_MAX, 0xff, CAP_TYPE_FILE << 8};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        ck_assert_int_eq(cap_space_drop(&space, words[i]), -EBADF);
    for (int i = 0; i < 200000; i++) {
        uint64_t guess = (uint64_t)test_random(1u << 31) << 33 | (uint64_t)test_random(1u << 31)
                                                                     << 2;
        require(cap_space_drop(&space, (int64_t)guess) == -EBADF);
    }
    ck_assert_uint_eq(cap_space_count_live(&space), CAP_SLOTS_ORDINARY);
}
END_TEST

START_TEST(other_tables_tokens) {
    int slot = mint(&space, ALL_RIGHTS);
    int64_t token = token_of(&space, slot);
    ck_assert_int_eq(cap_space_drop(&other, token), -EBADF);
    mint(&other, CAP_READ); // the same slot and type, other rights
    ck_assert_int_eq(cap_space_drop(&other, token), -EBADF);
}
END_TEST

// Every token ever seen of a table is kept; each new one must be new, and old ones must be dead.
#define TOKENS_MAX 20000

static int64_t seen[TOKENS_MAX];
static uint32_t seen_count;

static void note_new(int64_t token) {
    for (uint32_t i = 0; i < seen_count; i++) require(seen[i] != token);
    require(seen_count < TOKENS_MAX);
    seen[seen_count++] = token;
}

static void random_operation(void) {
    uint32_t slot = test_random(12);
    int result;
    switch (test_random(5)) {
    case 0:
        result = cap_space_mint(&space, test_object(&test_file_type), test_random(16), 0);
        note_new(token_of(&space, result));
        break;
    case 1: cap_space_close_slot(&space, slot); break;
    case 2:
        result = cap_space_dup(&space, slot);
        if (result >= 0) note_new(token_of(&space, result));
        break;
    case 3: {
        uint32_t target = test_random(12);
        result = cap_space_dup2(&space, slot, target);
        if (result >= 0 && slot != target) note_new(token_of(&space, result));
        break;
    }
    default:
        if (seen_count > 0) cap_space_drop(&space, seen[test_random(seen_count)]);
    }
}

START_TEST(never_issued_twice) {
    for (int i = 0; i < 6000; i++) {
        random_operation();
        if (cap_space_count_live(&space) > 60)
            for (int slot = 0; slot < CAP_SLOTS_ORDINARY; slot += 2)
                cap_space_close_slot(&space, slot);
    }
    // Just one token of each live slot is good.
    uint32_t live = cap_space_count_live(&space), good = 0;
    for (uint32_t i = 0; i < seen_count; i++) good += cap_space_drop(&space, seen[i]) == 0;
    ck_assert_uint_eq(good, live);
    ck_assert_uint_eq(cap_space_count_live(&space), 0);
}
END_TEST

// ---- The end of a slot -------------------------------------------------------------------------

START_TEST(retirement) {
    space.slots[0].generation = LAST_GENERATION; // as after 33 million uses
    int slot = mint(&space, CAP_READ);
    ck_assert_int_eq(slot, 0);
    int64_t token = token_of(&space, slot);
    ck_assert_int_eq(token >> 38, LAST_GENERATION);
    ck_assert_int_eq(cap_space_drop(&space, token), 0);
    // Never live again, by whatever way.
    ck_assert_int_eq(mint(&space, CAP_READ), 1);
    ck_assert_int_eq(cap_space_dup2(&space, 1, 0), -EBADF);
    struct object *object = test_object(&test_file_type);
    ck_assert_int_eq(cap_space_mint_at(&space, 0, object, CAP_READ, 0), -EBADF);
    object_put(object);
    ck_assert_int_eq(cap_space_drop(&space, token), -EBADF);
    ck_assert_int_eq(
        cap_space_drop(&space, (int64_t)CAP_GENERATION_RETIRED << 38 | CAP_TYPE_FILE << 8), -EBADF);
    cap_space_fork(&other, &space); // retirements are copied
    ck_assert_int_eq(cap_space_dup2(&other, 1, 0), -EBADF);
    ck_assert_int_eq(mint(&other, CAP_READ), 2);
}
END_TEST

START_TEST(dup2_onto_the_last_generation) {
    int source = mint(&space, CAP_READ);
    space.slots[1].generation = LAST_GENERATION;
    int target = mint(&space, CAP_WRITE);
    int64_t token = token_of(&space, target);
    // Clearing would retire it, so that it could not be filled: refused, and nothing is lost.
    ck_assert_int_eq(cap_space_dup2(&space, source, target), -EBADF);
    ck_assert_int_eq(token_of(&space, target), token);
    ck_assert_int_eq(cap_space_dup2(&space, target, target), target);
    ck_assert_int_eq(cap_space_close_slot(&space, target), 0);
    ck_assert_int_eq(mint(&space, CAP_READ), 2);
}
END_TEST

START_TEST(all_slots_retire) {
    struct object *object = test_object(&test_file_type);
    for (int i = 0; i < CAP_SLOTS; i++) space.slots[i].generation = LAST_GENERATION;
    for (int i = 0; i < CAP_SLOTS_ORDINARY; i++)
        ck_assert_int_eq(cap_space_close_slot(&space, mint(&space, CAP_READ)), 0);
    ck_assert_int_eq(cap_space_mint(&space, object, CAP_READ, 0), -EMFILE);
    ck_assert_int_eq(cap_space_reserve(&space), -EMFILE);
    object_put(object);
}
END_TEST

Suite *tokens_suite(void) {
    Suite *suite = suite_create("tokens");
    add_case(suite, "unforgeability", setup, teardown, fields, get_token_errors,
             every_single_bit_counts, guesses, other_tables_tokens, never_issued_twice);
    add_case(suite, "retirement", setup, teardown, retirement, dup2_onto_the_last_generation,
             all_slots_retire);
    return suite;
}
