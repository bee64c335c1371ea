// SPDX-License-Identifier: MIT
// Tests of accounts: what is charged, limits of each kind, accounts within accounts, and that what
// happens inside one does not reach those outside. The harness recounts after every case.
#include "check.h"

#include <ipc.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

static struct account_info own_account(void) {
    struct account_info info;
    CHECK_EQUAL(sys(account_info, 0, &info), 0);
    return info;
}

// A helper of this program in a new account; its number.
static int64_t spawn_in_account(const char *helper, const uint64_t limit[ACCOUNT_RESOURCES]) {
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING, .new_account = 1};
    memcpy(attributes.limit, limit, sizeof(attributes.limit));
    const char *argv[] = {check_program, "--helper", helper, NULL};
    struct spawn_action actions[] = {
        {.kind = SPAWN_FA_OPEN, .slot = 1, .flags = O_WRONLY, .path = (uint64_t) "/dev/console"}};
    return sys(spawn, check_program, argv, actions, 1, &attributes);
}

static void run_in_account(const char *helper, uint32_t resource, uint64_t limit) {
    uint64_t limits[ACCOUNT_RESOURCES] = {0};
    limits[resource] = limit;
    check_note("%s, at most %llu of resource %u", helper, (unsigned long long)limit, resource);
    CHECK_EQUAL(check_wait(NEED(spawn_in_account(helper, limits))), 0);
}

// ---- What is charged ---------------------------------------------------------------------------

static void test_charges(void) {
    struct account_info before = own_account(), now;
    CHECK_EQUAL(before.id, 1);
    CHECK_EQUAL(before.parent, 0);
    for (int i = 0; i < ACCOUNT_RESOURCES; i++) CHECK_EQUAL(before.limit[i], ACCOUNT_NO_LIMIT);
    int64_t semaphore = NEED(sys(semaphore_create, 0, 1));
    now = own_account();
    CHECK_EQUAL(now.used[ACCOUNT_SLOTS], before.used[ACCOUNT_SLOTS] + 1);
    CHECK_EQUAL(now.used[ACCOUNT_OBJECTS + CAP_TYPE_SEMAPHORE],
                before.used[ACCOUNT_OBJECTS + CAP_TYPE_SEMAPHORE] + 1);
    check_note("a copy is a slot, not an object");
    int64_t copy = NEED(sys(dup, semaphore));
    CHECK_EQUAL(sys(dup2, semaphore, copy), copy); // onto a live slot
    now = own_account();
    CHECK_EQUAL(now.used[ACCOUNT_SLOTS], before.used[ACCOUNT_SLOTS] + 2);
    CHECK_EQUAL(now.used[ACCOUNT_OBJECTS + CAP_TYPE_SEMAPHORE],
                before.used[ACCOUNT_OBJECTS + CAP_TYPE_SEMAPHORE] + 1);
    check_note("a process");
    int64_t pid = check_fork();
    if (pid == 0) sys(exit, 0);
    now = own_account();
    CHECK_EQUAL(now.used[ACCOUNT_PROCESSES], before.used[ACCOUNT_PROCESSES] + 1);
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK_EQUAL(sys(close, semaphore), 0);
    CHECK_EQUAL(sys(close, copy), 0);
    check_note("pages");
    before = own_account();
    char *memory = (char *)NEED(sys(sbrk, 10 * PAGE));
    for (int i = 1; i < 10; i++) memory[i * PAGE] = 1;
    now = own_account();
    CHECK(now.used[ACCOUNT_PAGES] >= before.used[ACCOUNT_PAGES] + 9);
    NEED(sys(sbrk, -10 * PAGE));
}

static void test_errors(void) {
    struct account_info info;
    CHECK_ERROR(sys(account_info, -1, &info), ESRCH);
    CHECK_ERROR(sys(account_info, INT64_MAX, &info), ESRCH);
    CHECK_EQUAL(sys(account_info, 1, &info), 0);
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING, .new_account = 1};
    const char *argv[] = {"program", NULL};
    CHECK_ERROR(sys(spawn, "/none", argv, NULL, 0, &attributes), ENOENT);
    attributes.limit[ACCOUNT_PAGES] = 1;
    CHECK_ERROR(sys(spawn, check_program, argv, NULL, 0, &attributes), ENOMEM);
    struct spawn_attributes slots = {.new_account = 1, .limit[ACCOUNT_SLOTS] = 2};
    check_note("what it would inherit is too much");
    int64_t null = NEED(sys(open, "/dev/null", O_RDONLY | O_GRANT));
    sys(dup2, null, 0);
    sys(dup2, 0, 1);
    sys(dup2, 0, 2);
    table_close(3, CAP_SLOTS_ORDINARY - 1);
    CHECK_ERROR(sys(spawn, check_program, argv, NULL, 0, &slots), EMFILE);
}

// ---- Limits ------------------------------------------------------------------------------------

static int use_processes(int argc, char **argv) {
    (void)argc, (void)argv;
    int64_t children[4];
    for (int round = 0; round < 2; round++) { // what has ended can be had again
        for (int i = 0; i < 4; i++) {
            children[i] = check_fork();
            if (children[i] == 0) sys(sleep, INT64_MAX);
        }
        CHECK_ERROR(sys(fork), EAGAIN);
        for (int i = 0; i < 4; i++) {
            CHECK_EQUAL(sys(kill, children[i]), 0);
            CHECK_EQUAL(check_wait(children[i]), STATUS_KILLED);
        }
    }
    CHECK_EQUAL(own_account().used[ACCOUNT_PROCESSES], 1);
    return 0;
}

static int use_slots(int argc, char **argv) {
    (void)argc, (void)argv;
    int64_t pipe_ends[2];
    uint64_t limit = own_account().limit[ACCOUNT_SLOTS];
    while (own_account().used[ACCOUNT_SLOTS] < limit) NEED(sys(dup, 1));
    CHECK_ERROR(sys(dup, 1), EMFILE);
    CHECK_ERROR(sys(dup2, 1, 90), EMFILE);
    CHECK_EQUAL(sys(dup2, 1, 2), 2); // takes the place of a live one
    CHECK_ERROR(sys(open, "/dev/null", O_RDONLY), EMFILE);
    CHECK_ERROR(sys(pipe, pipe_ends), EMFILE);
    CHECK_ERROR(sys(semaphore_create, 0, 1), EMFILE);
    CHECK_ERROR(sys(thread_create, use_slots, 16, 0), EMFILE);
    CHECK_ERROR(sys(fork), EMFILE);
    CHECK_EQUAL(own_account().used[ACCOUNT_SLOTS], limit);
    CHECK_EQUAL(sys(close, 2), 0);
    CHECK_EQUAL(sys(dup, 1), 2);
    return 0;
}

static int use_pages(int argc, char **argv) {
    (void)argc, (void)argv;
    struct account_info info = own_account();
    uint64_t room = info.limit[ACCOUNT_PAGES] - info.used[ACCOUNT_PAGES];
    char *memory = (char *)NEED(sys(sbrk, (int64_t)(room + 8) * PAGE));
    char *end = memory + (room + 8) * PAGE;
    for (char *at = memory; at < end; at += PAGE) *at = 1; // ended by the one that is too much
    return 1;
}

static int use_objects(int argc, char **argv) {
    (void)argc, (void)argv;
    int64_t slots[3];
    for (int i = 0; i < 3; i++) slots[i] = NEED(sys(timer_create));
    CHECK_ERROR(sys(timer_create), ENOMEM);
    NEED(sys(dup, slots[0]));
    NEED(sys(semaphore_create, 0, 1));
    CHECK_EQUAL(sys(close, slots[1]), 0);
    CHECK_EQUAL(sys(timer_create), slots[1]);
    return 0;
}

static int use_threads(int argc, char **argv) {
    (void)argc, (void)argv;
    CHECK_ERROR(sys(thread_create, use_threads, 16, 0), ENOMEM);
    CHECK_ERROR(sys(fork), ENOMEM); // its thread
    return 0;
}

static void test_limits(void) {
    run_in_account("use_processes", ACCOUNT_PROCESSES, 5);
    run_in_account("use_slots", ACCOUNT_SLOTS, 20);
    run_in_account("use_objects", ACCOUNT_OBJECTS + CAP_TYPE_TIMER, 3);
    run_in_account("use_threads", ACCOUNT_OBJECTS + CAP_TYPE_THREAD, 1);
}

static int fork_in_little_memory(int argc, char **argv) {
    (void)argc, (void)argv;
    uint64_t limit = own_account().limit[ACCOUNT_PAGES];
    char *memory = (char *)NEED(sys(sbrk, (int64_t)(limit / 2) * PAGE));
    for (uint64_t i = 0; i < limit / 2; i++) memory[i * PAGE] = 1;
    uint64_t used = own_account().used[ACCOUNT_PAGES];
    CHECK_ERROR(sys(fork), ENOMEM); // a copy of all of it is too much
    CHECK_EQUAL(own_account().used[ACCOUNT_PAGES], used);
    return 0;
}

static void test_pages(void) {
    uint64_t limits[ACCOUNT_RESOURCES] = {[ACCOUNT_PAGES] = 200};
    CHECK_EQUAL(check_wait(NEED(spawn_in_account("use_pages", limits))), STATUS_FAULT);
    run_in_account("fork_in_little_memory", ACCOUNT_PAGES, 200);
}

// ---- Pages of the kernel's ---------------------------------------------------------------------

#define FILE_NAME "/tmp/accounts-file"

static uint64_t pages_now(void) { return own_account().used[ACCOUNT_PAGES]; }

// What calls of the kernel cost in pages, and that all of it comes back.
static void test_kernel_pages(void) {
    static char data[12 * PAGE];
    for (int i = 0; i < 12; i++) data[i * PAGE] = 1; // from here on they are the program's
    uint64_t before = pages_now();
    int32_t ends[2];
    NEED(sys(pipe, ends));
    CHECK_EQUAL(pages_now(), before + 1);
    NEED(sys(close, ends[0]));
    CHECK_EQUAL(pages_now(), before + 1); // until both ends are gone
    NEED(sys(close, ends[1]));
    int64_t queue = NEED(sys(queue_create, 10, 1000)); // four of which fit into a page
    CHECK_EQUAL(pages_now(), before + 3);
    NEED(sys(close, queue));
    check_note("a file: its name, pages, and an index of two");
    int64_t file = NEED(sys(open, FILE_NAME, O_RDWR | O_CREAT));
    CHECK_EQUAL(pages_now(), before + 1);
    CHECK_EQUAL(sys(write, file, data, 8 * PAGE), 8 * PAGE);
    CHECK_EQUAL(pages_now(), before + 1 + 8);
    CHECK_EQUAL(sys(write, file, data, 4 * PAGE), 4 * PAGE);
    CHECK_EQUAL(pages_now(), before + 1 + 12 + 2);
    CHECK_EQUAL(sys(lseek, file, 0, SEEK_SET), 0);
    CHECK_EQUAL(sys(write, file, data, 4 * PAGE), 4 * PAGE); // there are no more for that
    CHECK_EQUAL(pages_now(), before + 1 + 12 + 2);
    CHECK_EQUAL(sys(ftruncate, file, 3 * PAGE - 1), 0);
    CHECK_EQUAL(pages_now(), before + 1 + 3);
    CHECK_EQUAL(sys(link, FILE_NAME, FILE_NAME "2"), 0);
    CHECK_EQUAL(pages_now(), before + 2 + 3);
    CHECK_EQUAL(sys(rename, FILE_NAME "2", FILE_NAME "3"), 0);
    CHECK_EQUAL(pages_now(), before + 2 + 3);
    CHECK_EQUAL(sys(unlink, FILE_NAME), 0);
    CHECK_EQUAL(sys(unlink, FILE_NAME "3"), 0);
    CHECK_EQUAL(pages_now(), before + 3); // it is still open
    CHECK_EQUAL(sys(close, file), 0);
    CHECK_EQUAL(pages_now(), before);
}

static int use_up_pages(int argc, char **argv) {
    (void)argc, (void)argv;
    static char data[8 * PAGE];
    int64_t slots[CAP_SLOTS], count = 0;
    uint64_t start = pages_now(), limit = own_account().limit[ACCOUNT_PAGES];
    for (int i = 0; i < 8; i++) data[i * PAGE] = 1;
    int32_t ends[2];
    check_note("pipes");
    while (sys(pipe, ends) == 0) slots[count++] = ends[0], slots[count++] = ends[1];
    CHECK_EQUAL(pages_now(), limit);
    CHECK_ERROR(sys(pipe, ends), ENOMEM);
    CHECK_ERROR(sys(queue_create, 1, 100), ENOMEM);
    CHECK_ERROR(sys(thread_create, use_up_pages, 16, 0), ENOMEM);
    CHECK_ERROR(sys(fork), ENOMEM);
    CHECK_ERROR(sys(open, FILE_NAME "4", O_RDWR | O_CREAT), ENOMEM);
    CHECK_EQUAL(pages_now(), limit);
    while (count > 0) NEED(sys(close, slots[--count]));
    check_note("a file");
    int64_t file = NEED(sys(open, FILE_NAME "5", O_RDWR | O_CREAT));
    int64_t written, total = 0;
    while ((written = sys(write, file, data, sizeof(data))) > 0) total += written;
    CHECK_EQUAL(written, -ENOSPC);
    CHECK(total > 0 && pages_now() <= limit && pages_now() + 3 > limit);
    CHECK_ERROR(sys(fork), ENOMEM);
    CHECK_EQUAL(sys(unlink, FILE_NAME "5"), 0);
    CHECK_EQUAL(sys(close, file), 0);
    CHECK(pages_now() <= start + 10);
    check_note("page tables: one page in each");
    char *heap = (char *)NEED(sys(sbrk, 0));
    if (sys(sbrk, INT64_C(60) * 512 * PAGE) < 0) return 0; // more memory than there is
    for (int i = 0; i < 60; i++) heap[(int64_t)i * 512 * PAGE] = 1;
    return 1;
}

static int write_at_end(int argc, char **argv) {
    static char data[3 * PAGE];
    (void)argc, (void)argv;
    for (int i = 0; i < 3; i++) data[i * PAGE] = 1;
    uint64_t before = pages_now();
    int64_t file = NEED(sys(open, FILE_NAME, O_WRONLY | O_APPEND));
    CHECK_EQUAL(sys(write, file, data, sizeof(data)), sizeof(data));
    CHECK_EQUAL(pages_now(), before + 3);
    CHECK_EQUAL(sys(close, file), 0);
    return 0;
}

// Whoever makes a file grow pays, whosever file it is, as long as the pages are there.
static void test_shared_file(void) {
    static char data[2 * PAGE];
    uint64_t limits[ACCOUNT_RESOURCES] = {0};
    int64_t file = NEED(sys(open, FILE_NAME, O_RDWR | O_CREAT));
    for (int round = 0; round < 2; round++) {
        data[0] = data[PAGE] = (char)round;
        uint64_t before = pages_now();
        CHECK_EQUAL(sys(lseek, file, 0, SEEK_SET), 0);
        CHECK_EQUAL(sys(write, file, data, sizeof(data)), sizeof(data));
        for (int i = 0; i < 2; i++)
            CHECK_EQUAL(check_wait(NEED(spawn_in_account("write_at_end", limits))), 0);
        // In the first round this program's stack grows as well. All accounts are within this one.
        if (round == 1) CHECK_EQUAL(pages_now(), before + 2 + 3 + 3);
        CHECK_EQUAL(sys(ftruncate, file, 0), 0);
        if (round == 1) CHECK_EQUAL(pages_now(), before);
    }
    CHECK_EQUAL(sys(unlink, FILE_NAME), 0);
    CHECK_EQUAL(sys(close, file), 0);
}

static void test_limit_on_kernel_pages(void) {
    uint64_t limits[ACCOUNT_RESOURCES] = {[ACCOUNT_PAGES] = 70};
    uint64_t before = pages_now();
    int64_t status = check_wait(NEED(spawn_in_account("use_up_pages", limits)));
    CHECK(status == STATUS_FAULT || status == 0);
    CHECK_EQUAL(pages_now(), before);
}

// ---- Accounts within accounts ------------------------------------------------------------------

static int nest(int argc, char **argv) {
    (void)argc, (void)argv;
    uint64_t limits[ACCOUNT_RESOURCES] = {0};
    struct account_info info = own_account();
    int64_t pid = spawn_in_account("nest", limits);
    if (pid < 0) return pid == -EAGAIN ? (int)info.id : 0;
    struct account_info inner;
    CHECK_EQUAL(sys(account_info, pid, &inner), 0);
    CHECK_EQUAL(inner.parent, info.id);
    return (int)check_wait(pid);
}

static void test_depth(void) {
    uint64_t limits[ACCOUNT_RESOURCES] = {0};
    int64_t deepest = check_wait(NEED(spawn_in_account("nest", limits)));
    CHECK(deepest >= ACCOUNT_DEPTH); // accounts are numbered as they are made
}

static int ask_for_more(int argc, char **argv) {
    (void)argc, (void)argv;
    uint64_t limits[ACCOUNT_RESOURCES] = {[ACCOUNT_PROCESSES] = 100};
    int64_t pid = NEED(spawn_in_account("use_processes", limits));
    return (int)check_wait(pid);
}

static void test_outer_limit_holds(void) {
    run_in_account("ask_for_more", ACCOUNT_PROCESSES, 6); // itself and the five of use_processes
}

// ---- Those outside -----------------------------------------------------------------------------

static int bomb(int argc, char **argv) {
    int64_t self = sys(getpid);
    CHECK_EQUAL(sys(set_group, self, self), 0); // before there are others
    while (argc >= 0 && argv) {
        sys(fork);
        sys(open, "/dev/null", O_RDONLY);
        sys(semaphore_create, 0, 1);
    }
    return 0;
}

static void test_fork_bomb(void) {
    uint64_t limits[ACCOUNT_RESOURCES] = {
        [ACCOUNT_PROCESSES] = 24, [ACCOUNT_SLOTS] = 300, [ACCOUNT_PAGES] = 2000};
    int64_t pid = NEED(spawn_in_account("bomb", limits));
    struct account_info info;
    struct patience patience = {0};
    do CHECK_EQUAL(sys(account_info, pid, &info), 0);
    while (info.used[ACCOUNT_PROCESSES] < 24 && patience_wait(&patience));
    for (int i = 0; i < 20; i++) { // outside all goes on
        int64_t child = check_fork();
        if (child == 0) {
            const char *argv[] = {"true", NULL};
            sys(exec, "/bin/true", argv);
        }
        CHECK_EQUAL(check_wait(child), 0);
        int64_t null = NEED(sys(open, "/dev/null", O_RDONLY));
        CHECK_EQUAL(sys(close, null), 0);
        CHECK_EQUAL(sys(account_info, pid, &info), 0);
        for (int k = 0; k < ACCOUNT_RESOURCES; k++) CHECK(info.used[k] <= info.limit[k]);
    }
    CHECK_EQUAL(sys(kill, -pid), 0);
    CHECK_UNTIL(sys(account_info, pid, &info) == 0 && info.used[ACCOUNT_PROCESSES] == 1);
    CHECK_EQUAL(check_wait(pid), STATUS_KILLED);
}

static const struct test_case cases[] = {
    {"charges", test_charges},
    {"errors", test_errors},
    {"limits", test_limits},
    {"pages", test_pages},
    {"kernel_pages", test_kernel_pages},
    {"limit_on_kernel_pages", test_limit_on_kernel_pages},
    {"shared_file", test_shared_file},
    {"depth", test_depth},
    {"outer_limit_holds", test_outer_limit_holds},
    {"fork_bomb", test_fork_bomb},
};

static const struct test_helper helpers[] = {
    {"use_processes", use_processes},
    {"use_slots", use_slots},
    {"use_pages", use_pages},
    {"use_objects", use_objects},
    {"use_threads", use_threads},
    {"fork_in_little_memory", fork_in_little_memory},
    {"use_up_pages", use_up_pages},
    {"write_at_end", write_at_end},
    {"nest", nest},
    {"ask_for_more", ask_for_more},
    {"bomb", bomb},
    {NULL, NULL},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
