// SPDX-License-Identifier: MIT
// Tests of what threads share: mutexes, the heap, priorities, and memory that changes under the
// feet of threads on other CPUs.
#include "check.h"
#include "lib/threads.h"

#include <ipc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY 4
#define PAGE 4096

// ---- What they share ---------------------------------------------------------------------------

static int64_t mutex;

static uint64_t lock_and_end(void *argument) {
    (void)argument;
    return (uint64_t)sys(mutex_lock, mutex, TIMEOUT_FOREVER);
}

static void test_owner_ends(void) {
    mutex = NEED(sys(mutex_create));
    for (int round = 0; round < 3; round++) {
        cap_token thread = start(lock_and_end, 0);
        CHECK_EQUAL(join(thread), 0);
        CHECK_ERROR(sys(mutex_lock, mutex, TIMEOUT_FOREVER), EOWNERDEAD);
        CHECK_EQUAL(sys(mutex_unlock, mutex), 0);
    }
}

static volatile uint64_t counter;

static uint64_t count_locked(void *argument) {
    for (uint64_t i = 0; i < (uint64_t)argument; i++) {
        if (sys(mutex_lock, mutex, TIMEOUT_FOREVER) != 0) return 1;
        counter = counter + 1;
        if (sys(mutex_unlock, mutex) != 0) return 2;
    }
    return 0;
}

static void test_mutual_exclusion(void) {
    cap_token threads[MANY];
    mutex = NEED(sys(mutex_create));
    counter = 0;
    for (int i = 0; i < MANY; i++) threads[i] = start(count_locked, 500);
    for (int i = 0; i < MANY; i++) CHECK_EQUAL(join(threads[i]), 0);
    CHECK_EQUAL(counter, MANY * 500);
}

static uint64_t allocate(void *argument) {
    for (int i = 0; i < 300; i++) {
        char *memory = malloc(64 + (size_t)i);
        if (memory == NULL) return 1;
        memset(memory, (int)(uint64_t)argument, 64);
        sys(yield);
        for (int k = 0; k < 64; k++)
            if (memory[k] != (char)(uint64_t)argument) return 2;
        free(memory);
    }
    return 0;
}

static void test_heap(void) {
    cap_token threads[MANY];
    for (uint64_t i = 0; i < MANY; i++) threads[i] = start(allocate, i + 1);
    for (int i = 0; i < MANY; i++) CHECK_EQUAL(join(threads[i]), 0);
}

static void test_priority(void) {
    cap_token thread = start(sleep_for_ever, 0);
    CHECK_EQUAL(sys(thread_setschedparam, thread, 3), 0);
    CHECK_EQUAL(sys(thread_getschedparam, thread), 3);
    CHECK_ERROR(sys(thread_setschedparam, thread, 32), EINVAL);
    CHECK_EQUAL(sys(thread_getschedparam, 0), 16);
    cap_token ended = start(twice, 0);
    while (threads_now() == 3) sys(yield);
    CHECK_ERROR(sys(thread_getschedparam, ended), ESRCH);
    CHECK_ERROR(sys(thread_setschedparam, ended, 5), ESRCH);
}

// ---- Memory under the feet of others -----------------------------------------------------------

static uint64_t shared[PAGE / 8];
static volatile bool stop;

static uint64_t add_to_shared(void *argument) {
    uint64_t added = 0;
    (void)argument;
    while (!stop) {
        __atomic_fetch_add(&shared[7], 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&shared[300], 1, __ATOMIC_RELAXED);
        added++;
    }
    return added;
}

// Every fork makes the page copy-on-write for all threads; not one addition may go to a page that
// the process has no longer.
static void test_copy_on_write(void) {
    cap_token threads[MANY];
    uint64_t added = 0;
    stop = false;
    for (int i = 0; i < MANY; i++) threads[i] = start(add_to_shared, 0);
    for (int round = 0; round < 40; round++) {
        int64_t pid = check_fork();
        if (pid == 0) sys(exit, 0);
        CHECK_EQUAL(check_wait(pid), 0);
    }
    stop = true;
    for (int i = 0; i < MANY; i++) added += join(threads[i]);
    CHECK_EQUAL(shared[7], added);
    CHECK_EQUAL(shared[300], added);
}

static volatile uint64_t order[PAGE / 8], answer[PAGE / 8]; // pages apart from each other

static uint64_t repeat_orders(void *argument) {
    while (order[5] != (uint64_t)argument) answer[5] = order[5];
    return 0;
}

// A thread that only reads a page sees at once what another one writes to its new copy of it.
static void test_copied_page_is_seen(void) {
    cap_token thread = start(repeat_orders, 1000);
    for (uint64_t round = 1; round < 40; round++) {
        int64_t pid = check_fork();
        if (pid == 0) sys(exit, 0);
        order[5] = round;
        struct patience patience = {0};
        while (answer[5] != round) CHECK(patience_wait(&patience));
        CHECK_EQUAL(check_wait(pid), 0);
    }
    order[5] = 1000;
    CHECK_EQUAL(join(thread), 0);
}

static uint64_t write_for_ever(void *argument) {
    while (argument != NULL) ++*(volatile uint64_t *)argument;
    return 0;
}

// Memory that the heap has given back is not there for other threads either.
static void test_shrinking_heap(void) {
    for (int round = 0; round < 5; round++) {
        int64_t pid = check_fork();
        if (pid == 0) {
            free(malloc(4 * THREAD_STACK_SIZE)); // the heap grows for the stacks now
            int64_t page = (NEED(sys(sbrk, 70 * PAGE)) + PAGE) & ~(int64_t)(PAGE - 1);
            for (int i = 0; i < 3; i++) start(write_for_ever, (uint64_t)page);
            sys(sleep, 2000000);
            NEED(sys(sbrk, -70 * PAGE));
            sleep_for_ever(NULL);
        }
        CHECK_EQUAL(check_wait(pid), STATUS_FAULT);
    }
}

static const struct test_case cases[] = {
    {"owner_ends", test_owner_ends},
    {"mutual_exclusion", test_mutual_exclusion},
    {"heap", test_heap},
    {"priority", test_priority},
    {"copy_on_write", test_copy_on_write},
    {"copied_page_is_seen", test_copied_page_is_seen},
    {"shrinking_heap", test_shrinking_heap},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
