// SPDX-License-Identifier: MIT
// Failure injection: each operation runs in accounts that bear ever more, one unit at a time, until
// it succeeds. Wherever it fails before, the ledger is what it was: nothing is charged, held or
// left.
#include "check.h"
#include "lib/threads.h"

#include <ipc.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 400

// What a process in such an account ends with.
enum outcome { FAILED_WELL = 3, SUCCEEDED, NOT_READY };

static int64_t child; // that the operations may use

// ---- The operations: what they return decides; they take back what they have done --------------

static int64_t close_if(int64_t slot) { return slot < 0 ? slot : sys(close, slot); }
static int64_t do_open(void) { return close_if(sys(open, "/dev/null", O_RDWR | O_GRANT)); }
static int64_t do_dup(void) { return close_if(sys(dup, 1)); }
static int64_t do_dup2(void) { return close_if(sys(dup2, 1, 60)); }
static int64_t do_semaphore(void) { return close_if(sys(semaphore_create, 0, 1)); }
static int64_t do_queue(void) { return close_if(sys(queue_create, QUEUE_MESSAGES_MAX, 512)); }
static int64_t do_rwlock(void) { return close_if(sys(rwlock_create)); }

static int64_t do_pipe(void) {
    int32_t ends[2];
    int64_t result = sys(pipe, ends);
    if (result == 0) {
        CHECK_EQUAL(sys(close, ends[0]), 0);
        CHECK_EQUAL(sys(close, ends[1]), 0);
    }
    return result;
}

static int64_t do_thread(void) {
    cap_token thread = thread_create(twice, NULL); // it makes no difference here what failed
    return thread < 0 ? thread : thread_join(thread, NULL);
}

static int64_t do_transfer(void) {
    int32_t where;
    int64_t slot = sys(open, "/dev/null", O_RDWR | O_GRANT);
    if (slot < 0) return slot;
    cap_token token = NEED(sys(cap_get_token, slot, CAP_TYPE_FILE));
    cap_token delegate = sys(cap_transfer, token, child, CAP_READ, &where);
    if (delegate > 0) CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(sys(close, slot), 0);
    return delegate;
}

static int64_t do_fork(void) {
    int64_t pid = sys(fork);
    if (pid == 0) sys(exit, 0);
    return pid < 0 ? pid : check_wait(pid);
}

static int64_t do_spawn(void) {
    struct spawn_attributes grantable = {.inherit = SPAWN_INHERIT_GRANTABLE, .new_account = 1};
    struct spawn_action actions[] = {
        {.kind = SPAWN_FA_OPEN, .slot = 9, .flags = O_RDONLY, .path = (uint64_t) "/dev/null"},
        {.kind = SPAWN_FA_DUP2, .slot = 9, .target = 10}};
    const char *argv[] = {"true", NULL};
    int64_t pid = sys(spawn, "/bin/true", argv, actions, 2, &grantable);
    return pid < 0 ? pid : check_wait(pid);
}

static int64_t do_exec(void) { // fails without fail: only the ways to it are of interest
    const char *argv[] = {"x", NULL};
    int64_t result = sys(exec, "/dev/null", argv);
    return result == -ENOEXEC ? 0 : result;
}

static const struct {
    const char *name;
    int64_t (*run)(void);
} operations[] = {
    {"open", do_open},           {"dup", do_dup},
    {"dup2", do_dup2},           {"pipe", do_pipe},
    {"semaphore", do_semaphore}, {"queue", do_queue},
    {"rwlock", do_rwlock},       {"transfer", do_transfer},
    {"fork", do_fork},           {"spawn", do_spawn},
    {"exec", do_exec},           {"thread", do_thread},
};
#define OPERATIONS (int)(sizeof(operations) / sizeof(operations[0]))

// ---- One attempt -------------------------------------------------------------------------------

static int attempt(int argc, char **argv) {
    static struct account_info before, after; // not on the stack, which might have to grow
    CHECK_EQUAL(argc, 1);
    int index = atoi(argv[0]);
    child = sys(fork);
    if (child == 0) sys(sleep, INT64_MAX);
    if (child < 0) return NOT_READY;
    sys(account_info, 0, &before);
    int64_t result = operations[index].run();
    sys(account_info, 0, &after);
    // Pages that the program has touched meanwhile stay its own.
    for (int i = 0; i < ACCOUNT_RESOURCES; i++)
        if (i != ACCOUNT_PAGES) CHECK_EQUAL(after.used[i], before.used[i]);
    CHECK_EQUAL(sys(kill, child), 0);
    CHECK_EQUAL(check_wait(child), STATUS_KILLED);
    return result < 0 ? FAILED_WELL : SUCCEEDED;
}

// Its status, or an error of spawn.
static int64_t attempt_with(int index, uint32_t resource, uint64_t limit) {
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING, .new_account = 1};
    struct spawn_action actions[] = {
        {.kind = SPAWN_FA_OPEN, .slot = 1, .flags = O_WRONLY, .path = (uint64_t) "/dev/console"}};
    char number[] = {(char)('0' + index / 10), (char)('0' + index % 10), '\0'};
    const char *argv[] = {check_program, "--helper", "attempt", number, NULL};
    attributes.limit[resource] = limit;
    check_note("%s with %llu of resource %u", operations[index].name, (unsigned long long)limit,
               resource);
    int64_t pid = sys(spawn, check_program, argv, actions, 1, &attributes);
    return pid < 0 ? pid : check_wait(pid);
}

static bool failed_as_it_should(int64_t status) {
    return status == -ENOMEM || status == -EMFILE || status == -EAGAIN || status == STATUS_FAULT ||
           status == NOT_READY || status == FAILED_WELL;
}

// How often the operation itself failed.
static int inject(int index, uint32_t resource) {
    int failures = 0;
    for (uint64_t limit = 1; limit < LIMIT_MAX; limit++) {
        int64_t status = attempt_with(index, resource, limit);
        if (status == SUCCEEDED) return failures;
        CHECK(failed_as_it_should(status));
        failures += status == FAILED_WELL;
    }
    CHECK(false); // it never succeeds
    return 0;
}

static void inject_all(uint32_t resource, int failures_at_least) {
    int failures = 0;
    for (int index = 0; index < OPERATIONS; index++) failures += inject(index, resource);
    CHECK(failures >= failures_at_least);
}

static void test_slots(void) { inject_all(ACCOUNT_SLOTS, 12); }
static void test_processes(void) { inject_all(ACCOUNT_PROCESSES, 2); }
static void test_pages(void) { inject_all(ACCOUNT_PAGES, 8); }
static void test_files(void) { inject_all(ACCOUNT_OBJECTS + CAP_TYPE_FILE, 1); }
static void test_threads(void) { inject_all(ACCOUNT_OBJECTS + CAP_TYPE_THREAD, 3); }

static void test_others(void) {
    for (uint32_t type = CAP_TYPE_DELEGATE; type < CAP_TYPE_END; type++)
        inject_all(ACCOUNT_OBJECTS + type, 0);
}

static const struct test_case cases[] = {
    {"slots", test_slots}, {"processes", test_processes}, {"pages", test_pages},
    {"files", test_files}, {"threads", test_threads},     {"others", test_others},
};

static const struct test_helper helpers[] = {{"attempt", attempt}, {NULL, NULL}};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
