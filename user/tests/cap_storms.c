// SPDX-License-Identifier: MIT
// A storm of delegation: processes that know each other give, duplicate, fork, spawn, revoke, drop
// and die at random. Whatever happens, every answer is one that the specification knows, nothing is
// left behind, and the ledger agrees (the harness looks). A first argument --long makes it ten
// times as long.
#include "check.h"
#include "lib/storm.h"

#include <ipc.h>
#include <string.h>

#define ACTORS 6
#define ROUNDS 400
#define TOKENS 16

static uint64_t state;
static int64_t actors[ACTORS];
static cap_token delegates[TOKENS]; // that this process may still be able to revoke

static uint64_t pick(uint64_t count) { return random_next(&state) % count; }

// Where received capabilities are, or others; not the terminal, for reports.
static int64_t random_slot(void) {
    uint64_t slot = pick(2) ? pick(16) : 111 - pick(20);
    return slot == 1 ? 2 : (int64_t)slot;
}

// The result must be good or one of the errors, of which the list ends with 0.
static void expect(int64_t result, const int errors[]) {
    if (result >= 0) return;
    while (*errors && -*errors != result) errors++;
    CHECK_EQUAL(result, -*errors);
}

// ---- What an actor does ------------------------------------------------------------------------

static void make_object(void) {
    int32_t ends[2];
    switch (pick(4)) {
    case 0: expect(sys(open, "/dev/null", O_RDWR | O_GRANT), (int[]){EMFILE, 0}); break;
    case 1: expect(sys(semaphore_create, 1, 1), (int[]){EMFILE, 0}); break;
    case 2: expect(sys(mutex_create), (int[]){EMFILE, 0}); break;
    default: expect(sys(pipe, ends), (int[]){EMFILE, 0}); break;
    }
}

static void transfer(void) {
    struct cap_info info;
    int32_t where;
    int64_t slot = random_slot();
    if (sys(cap_stat, slot, &info) < 0) return;
    cap_token token = sys(cap_get_token, slot, info.type);
    if (token < 0) return; // revoked meanwhile
    int64_t delegate = sys(cap_transfer, token, actors[pick(ACTORS)], CAP_READ, &where);
    expect(delegate, (int[]){EBADF, EACCES, EINVAL, ESRCH, EPERM, EMFILE, 0});
    if (delegate > 0) delegates[pick(TOKENS)] = delegate;
}

static void revoke(void) {
    cap_token *delegate = &delegates[pick(TOKENS)];
    expect(pick(8) ? sys(cap_revoke_delegate, *delegate) : sys(cap_drop, *delegate),
           (int[]){EBADF, 0});
    *delegate = 0;
}

static void use(void) {
    char byte;
    int64_t slot = random_slot();
    struct stat stat;
    switch (pick(4)) {
    case 0:
        expect(sys(write, slot, &byte, 0), (int[]){EBADF, EINVAL, ENOTCAPABLE, EPIPE, 0});
        break;
    case 1: expect(sys(fstat, slot, &stat), (int[]){EBADF, EINVAL, 0}); break;
    case 2:
        expect(sys(semaphore_wait, slot, (int64_t)pick(3) * 1000),
               (int[]){EBADF, EINVAL, ENOTCAPABLE, ETIMEDOUT, 0});
        break;
    default:
        expect(sys(mutex_lock, slot, (int64_t)pick(3) * 1000),
               (int[]){EBADF, EINVAL, ENOTCAPABLE, ETIMEDOUT, EDEADLK, EOWNERDEAD, 0});
        break;
    }
}

static void fork_or_spawn(void) {
    struct spawn_attributes nothing = {.inherit = SPAWN_INHERIT_NOTHING};
    const char *argv[] = {"true", NULL};
    int64_t pid = pick(3) ? sys(fork) : sys(spawn, "/bin/true", argv, NULL, 0, &nothing);
    if (pid == 0) {
        for (uint64_t i = pick(6); i > 0; i--) use();
        if (pick(2)) sys(cap_drop, delegates[pick(TOKENS)]); // a parent's token is nothing here
        sys(exit, 0);
    }
    if (pid > 0) CHECK_EQUAL(check_wait(pid), 0);
}

static void act(void) {
    static void (*const often[])(void) = {make_object, transfer, transfer, revoke, use, use};
    int64_t slot = random_slot();
    switch (pick(10)) {
    case 0: fork_or_spawn(); break;
    case 1: expect(sys(dup, slot), (int[]){EBADF, EINVAL, EMFILE, 0}); break;
    case 2: expect(sys(dup2, slot, random_slot()), (int[]){EBADF, EINVAL, 0}); break;
    case 3: expect(sys(close, slot), (int[]){EBADF, 0}); break;
    default: often[pick(6)](); break;
    }
}

static void actor(int index, uint64_t seed, int64_t from) {
    state = (seed + (uint64_t)index) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    CHECK_EQUAL(sys(cap_accept, CAP_ACCEPT_ANYBODY), 0);
    check_read_all(from, (char *)actors, sizeof(actors));
    table_close(2, CAP_SLOTS_ORDINARY - 1);
    uint64_t rounds = pick(ROUNDS);
    for (uint64_t i = 0; i < rounds; i++) act();
    sys(exit, 0);
}

static void storm_once(uint64_t seed) {
    int32_t ends[2];
    CHECK_EQUAL(sys(pipe, ends), 0);
    for (int i = 0; i < ACTORS; i++) {
        actors[i] = check_fork();
        if (actors[i] == 0) actor(i, seed, ends[0]);
    }
    for (int i = 0; i < ACTORS; i++) check_write_all(ends[1], (const char *)actors, sizeof(actors));
    for (int i = 0; i < ACTORS; i++) CHECK_EQUAL(check_wait(actors[i]), 0);
    CHECK_EQUAL(sys(close, ends[0]), 0);
    CHECK_EQUAL(sys(close, ends[1]), 0);
}

static void test_delegation_storm(void) {
    for (int round = 0; round < 6 * storm_scale; round++) {
        check_note("round %d", round);
        storm_once(1 + (uint64_t)round * ACTORS);
    }
}

static const struct test_case cases[] = {{"delegation_storm", test_delegation_storm}};

int main(int argc, char **argv) {
    storm_take_options(&argc, &argv);
    return check_main(argc, argv, cases, NULL);
}
