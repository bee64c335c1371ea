// SPDX-License-Identifier: MIT
// Tests of tokens: every bit counts (P1), old ones fail for good (P3), they name the caller's own
// table only, and fork and exec treat them as specified.
#include "check.h"

#include <stdlib.h>

#define RANDOM_TOKENS 1000000

static int64_t null_open(int64_t flags) { return NEED(sys(open, "/dev/null", flags)); }

static int64_t token_of(int64_t slot) { return NEED(sys(cap_get_token, slot, CAP_TYPE_FILE)); }

static void test_fields(void) {
    int64_t slot = null_open(O_RDWR | O_GRANT);
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    uint64_t expected = (uint64_t)slot | (uint64_t)info.type << CAP_TOKEN_TYPE_SHIFT |
                        (uint64_t)info.rights << CAP_TOKEN_RIGHTS_SHIFT |
                        (uint64_t)info.generation << CAP_TOKEN_GENERATION_SHIFT;
    CHECK_EQUAL(token_of(slot), expected);
    CHECK(token_of(slot) > 0);
    CHECK_EQUAL(token_of(slot), token_of(slot));
}

static void test_get_token_errors(void) {
    int64_t slot = null_open(O_RDONLY);
    for (int64_t type = -2; type < 70; type++) {
        check_note("type %lld", (long long)type);
        if (type != CAP_TYPE_FILE) CHECK_ERROR(sys(cap_get_token, slot, type), EINVAL);
        CHECK_ERROR(sys(cap_get_token, 99, type), EBADF);
    }
    CHECK_ERROR(sys(cap_get_token, slot, CAP_TYPE_FILE | INT64_C(1) << 32), EINVAL);
}

static void test_drop(void) {
    int64_t slot = null_open(O_RDONLY);
    int64_t token = token_of(slot);
    CHECK_EQUAL(sys(cap_drop, token), 0);
    CHECK(!slot_is_live(slot));
    CHECK_ERROR(sys(cap_drop, token), EBADF);
    check_note("the slot is live again, the old token is not");
    CHECK_EQUAL(null_open(O_RDONLY), slot);
    CHECK_ERROR(sys(cap_drop, token), EBADF);
    CHECK(token_of(slot) != token);
    CHECK(slot_is_live(slot));
}

static void test_every_bit(void) {
    int64_t slot = null_open(O_RDWR);
    int64_t token = token_of(slot);
    int64_t live = slots_live();
    for (int bit = 0; bit < 64; bit++) {
        check_note("bit %d", bit);
        CHECK_ERROR(sys(cap_drop, (uint64_t)token ^ UINT64_C(1) << bit), EBADF);
        CHECK_EQUAL(slots_live(), live);
    }
    for (int a = 0; a < 64; a++) {
        for (int b = 0; b < a; b++) {
            check_note("bits %d and %d", a, b);
            CHECK_ERROR(sys(cap_drop, (uint64_t)token ^ UINT64_C(1) << a ^ UINT64_C(1) << b),
                        EBADF);
        }
    }
    CHECK_EQUAL(slots_live(), live);
    CHECK_EQUAL(sys(cap_drop, token), 0);
    CHECK_EQUAL(slots_live(), live - 1);
}

// The tokens of all live slots, of whatever type. How many.
static int all_tokens(int64_t tokens[CAP_SLOTS]) {
    int count = 0;
    for (int64_t slot = 0; slot < CAP_SLOTS; slot++) {
        struct cap_info info;
        if (sys(cap_stat, slot, &info) == 0)
            tokens[count++] = NEED(sys(cap_get_token, slot, info.type));
    }
    return count;
}

// A valid token with one of its fields replaced by random bits.
static uint64_t near_miss(uint64_t token, uint64_t random) {
    static const uint64_t fields[] = {
        (UINT64_C(1) << CAP_TOKEN_TYPE_SHIFT) - 1,          // the slot
        (UINT64_C(1) << CAP_TOKEN_RIGHTS_SHIFT) - 1,        // slot and type
        ~((UINT64_C(1) << CAP_TOKEN_GENERATION_SHIFT) - 1), // the generation, and the top bit
    };
    uint64_t field = fields[(random >> 32) % 3];
    return (token & ~field) | (random & field);
}

static void test_random_tokens(void) {
    for (int i = 0; i < 8; i++) null_open(i % 2 ? O_RDONLY : O_RDWR | O_GRANT);
    int64_t tokens[CAP_SLOTS];
    int count = all_tokens(tokens);
    CHECK(count >= 9);
    uint64_t state = 20240229;
    for (int i = 0; i < RANDOM_TOKENS; i++) {
        uint64_t guess = random_next(&state);
        if (i % 2) guess = near_miss((uint64_t)tokens[i / 2 % count], guess);
        bool valid = false;
        for (int k = 0; k < count; k++) valid |= guess == (uint64_t)tokens[k];
        if (!valid) CHECK_ERROR(sys(cap_drop, guess), EBADF);
    }
    int64_t after[CAP_SLOTS];
    CHECK_EQUAL(all_tokens(after), count);
    CHECK_BYTES(after, tokens, (size_t)count * sizeof(tokens[0]));
}

static void test_generations(void) {
    // No token comes up twice in a slot's life, whatever the slot holds.
    int64_t slot = null_open(O_RDONLY), previous = token_of(slot);
    uint32_t last = 0;
    struct cap_info info;
    for (int i = 0; i < 3000; i++) {
        CHECK_EQUAL(sys(close, slot), 0);
        CHECK_EQUAL(i % 3 ? sys(dup, 0) : null_open(O_RDONLY), slot);
        CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
        CHECK(info.generation > last);
        last = info.generation;
        CHECK_ERROR(sys(cap_drop, previous), EBADF);
        previous = token_of(slot);
    }
    CHECK_EQUAL(sys(cap_drop, previous), 0);
}

static void test_replaced_by_dup2(void) {
    int64_t slot = null_open(O_RDONLY), other = null_open(O_RDONLY);
    int64_t token = token_of(slot);
    CHECK_EQUAL(sys(dup2, other, slot), slot);
    CHECK_ERROR(sys(cap_drop, token), EBADF);
    CHECK(slot_is_live(slot));
}

static void test_fork(void) {
    int64_t slot = null_open(O_RDONLY), token = token_of(slot);
    int64_t pid = check_fork();
    if (pid == 0) {
        check_note("rights and generations are copied");
        CHECK_EQUAL(token_of(slot), token);
        CHECK_EQUAL(sys(cap_drop, token), 0);
        CHECK_ERROR(sys(cap_drop, token), EBADF);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    check_note("the parent's slot is another one");
    CHECK_EQUAL(token_of(slot), token);
    CHECK_EQUAL(sys(cap_drop, token), 0);
}

static void test_other_process(void) {
    // A token that is good in the parent names nothing in a child that has closed the slot.
    int64_t slot = null_open(O_RDONLY);
    int64_t pid = check_fork();
    if (pid == 0) {
        CHECK_EQUAL(sys(close, slot), 0);
        CHECK_EQUAL(null_open(O_RDONLY), slot);
        int64_t fresh = token_of(slot);
        CHECK_EQUAL(sys(close, slot), 0);
        CHECK_ERROR(sys(cap_drop, fresh), EBADF);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK(slot_is_live(slot));
}

static int64_t thread_token(void) {
    for (int64_t slot = CAP_SLOTS_ORDINARY; slot < CAP_SLOTS; slot++) {
        int64_t token = sys(cap_get_token, slot, CAP_TYPE_THREAD);
        if (token > 0) return token;
    }
    return -1;
}

static void test_thread_handle(void) {
    int64_t token = thread_token();
    CHECK(token > 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        check_note("a child's thread has a handle of its own");
        int64_t own = thread_token();
        CHECK(own > 0 && own != token);
        CHECK_ERROR(sys(cap_drop, token), EBADF);
        CHECK_EQUAL(thread_token(), own);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    check_note("a thread that has no handle goes on");
    CHECK_EQUAL(sys(cap_drop, token), 0);
    CHECK_ERROR(sys(cap_drop, token), EBADF);
    pid = check_fork();
    if (pid == 0) {
        CHECK(thread_token() > 0);
        sys(exit, 0);
    }
    CHECK_EQUAL(check_wait(pid), 0);
}

// Run by exec: the table stays, less what is close-on-spawn.
static int helper_after_exec(int argc, char **argv) {
    CHECK_EQUAL(argc, 1);
    int64_t kept = strtol(argv[0], NULL, 10);
    CHECK_EQUAL(token_of(kept & 0xff), kept);
    CHECK_EQUAL(slots_live(), 4);
    check_note("what was closed has a new generation");
    int64_t slot = (kept & 0xff) + 1;
    CHECK_EQUAL(null_open(O_RDONLY), slot);
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    CHECK(info.generation > 0);
    return 0;
}

static void number_to_text(int64_t number, char text[24]) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count) *text++ = digits[--count];
    *text = 0;
}

static void test_exec(void) {
    table_close(3, CAP_SLOTS_ORDINARY - 1);
    int64_t kept = null_open(O_RDWR | O_GRANT), closed = null_open(O_RDONLY | O_CLOEXEC);
    CHECK_EQUAL(closed, kept + 1);
    char text[24];
    number_to_text(token_of(kept), text);
    CHECK_EQUAL(check_exec_helper("after_exec", text, NULL, NULL), 0);
    check_note("a failed exec closes nothing");
    const char *argv[] = {"x", NULL};
    CHECK_ERROR(sys(exec, "/no-such-program", argv), ENOENT);
    CHECK(slot_is_live(closed));
}

static const struct test_helper helpers[] = {{"after_exec", helper_after_exec}, {NULL, NULL}};

static const struct test_case cases[] = {
    {"fields", test_fields},
    {"get_token_errors", test_get_token_errors},
    {"drop", test_drop},
    {"every_bit", test_every_bit},
    {"random_tokens", test_random_tokens},
    {"generations", test_generations},
    {"replaced_by_dup2", test_replaced_by_dup2},
    {"fork", test_fork},
    {"other_process", test_other_process},
    {"thread_handle", test_thread_handle},
    {"exec", test_exec},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
