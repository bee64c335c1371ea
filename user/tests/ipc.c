// SPDX-License-Identifier: MIT
// Tests of what all kinds of objects share, and of semaphores, barriers, message queues and timers:
// results, errors, waiting, revocation of who waits.
#include "check.h"
#include "lib/remote.h"

#include <ipc.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static struct remote worker;
static int32_t where;
static char remote_bytes[2048];
static uint32_t remote_priority;

static void start_worker(void) {
    remote_make(&worker);
    remote_start(&worker);
}

static int64_t give(int64_t slot, int64_t type, int64_t rights) {
    return remote_give(&worker, slot, type, rights, &where);
}

// ---- All of them -------------------------------------------------------------------------------

static int64_t make(int type) {
    switch (type) {
    case CAP_TYPE_SEMAPHORE: return NEED(sys(semaphore_create, 0, 1));
    case CAP_TYPE_BARRIER: return NEED(sys(barrier_create, 2));
    case CAP_TYPE_MUTEX: return NEED(sys(mutex_create));
    case CAP_TYPE_CONDITION: return NEED(sys(condition_create));
    case CAP_TYPE_QUEUE: return NEED(sys(queue_create, 4, 64));
    default: return NEED(sys(timer_create));
    }
}

static const int types[] = {CAP_TYPE_SEMAPHORE, CAP_TYPE_BARRIER, CAP_TYPE_MUTEX,
                            CAP_TYPE_CONDITION, CAP_TYPE_QUEUE,   CAP_TYPE_TIMER};

static void test_constructors(void) {
    start_worker();
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        check_note("type %d", types[i]);
        struct cap_info info;
        int64_t slot = make(types[i]);
        CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
        CHECK_EQUAL(info.type, types[i]);
        CHECK_EQUAL(info.rights, CAP_READ | CAP_WRITE | CAP_GRANT);
        CHECK_EQUAL(info.references, 1);
        CHECK(info.name[0] != 0);
        CHECK_ERROR(sys(read, slot, remote_bytes, 1), EINVAL);
        int64_t copy = NEED(sys(dup, slot));
        int64_t delegate = give(slot, types[i], CAP_READ);
        CHECK_EQUAL(remote_call(&worker, cap_stat, where, remote_bytes), 0);
        CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
        CHECK_EQUAL(remote_call(&worker, cap_stat, where, remote_bytes), -EBADF);
        CHECK_EQUAL(sys(close, slot), 0);
        CHECK_EQUAL(sys(close, copy), 0);
    }
    remote_end(&worker);
}

static void test_full_table(void) {
    struct system_info before = system_now();
    table_fill();
    CHECK_ERROR(sys(semaphore_create, 0, 1), EMFILE);
    CHECK_ERROR(sys(barrier_create, 1), EMFILE);
    CHECK_ERROR(sys(mutex_create), EMFILE);
    CHECK_ERROR(sys(condition_create), EMFILE);
    CHECK_ERROR(sys(queue_create, 1, 1), EMFILE);
    CHECK_ERROR(sys(timer_create), EMFILE);
    CHECK_EQUAL(system_now().objects_live, before.objects_live);
}

static void test_bad_timeouts(void) {
    int64_t semaphore = make(CAP_TYPE_SEMAPHORE), mutex = make(CAP_TYPE_MUTEX);
    int64_t queue = make(CAP_TYPE_QUEUE), timer = make(CAP_TYPE_TIMER);
    int64_t barrier = make(CAP_TYPE_BARRIER), condition = make(CAP_TYPE_CONDITION);
    CHECK_ERROR(sys(semaphore_wait, semaphore, -2), EINVAL);
    CHECK_ERROR(sys(barrier_wait, barrier, INT64_MIN), EINVAL);
    CHECK_ERROR(sys(mutex_lock, mutex, -2), EINVAL);
    CHECK_ERROR(sys(condition_wait, condition, mutex, -2), EINVAL);
    CHECK_ERROR(sys(queue_send, queue, "x", 1, 0, -2), EINVAL);
    CHECK_ERROR(sys(queue_receive, queue, remote_bytes, 64, 0, -2), EINVAL);
    CHECK_ERROR(sys(timer_wait, timer, -2), EINVAL);
    check_note("what would wait");
    CHECK_ERROR(sys(semaphore_wait, semaphore, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_ERROR(sys(barrier_wait, barrier, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_ERROR(sys(queue_receive, queue, remote_bytes, 64, 0, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_ERROR(sys(timer_wait, timer, TIMEOUT_TRY), ETIMEDOUT);
    check_note("with a timeout");
    int64_t start = sys(clock);
    CHECK_ERROR(sys(semaphore_wait, semaphore, 3000000), ETIMEDOUT);
    CHECK_ERROR(sys(barrier_wait, barrier, 3000000), ETIMEDOUT);
    CHECK_ERROR(sys(queue_receive, queue, remote_bytes, 64, 0, 3000000), ETIMEDOUT);
    CHECK_ERROR(sys(timer_wait, timer, 3000000), ETIMEDOUT);
    CHECK(sys(clock) - start >= 12000000);
}

// ---- Semaphores and barriers -------------------------------------------------------------------

static void test_semaphore(void) {
    CHECK_ERROR(sys(semaphore_create, 2, 1), EINVAL);
    CHECK_ERROR(sys(semaphore_create, 0, 0), EINVAL);
    CHECK_ERROR(sys(semaphore_create, -1, -1), EINVAL);
    CHECK_ERROR(sys(semaphore_create, 0, INT64_C(1) << 32), EINVAL);
    int64_t slot = NEED(sys(semaphore_create, 1, 2));
    CHECK_EQUAL(sys(semaphore_post, slot), 0);
    CHECK_ERROR(sys(semaphore_post, slot), EOVERFLOW);
    CHECK_EQUAL(sys(semaphore_wait, slot, TIMEOUT_FOREVER), 0);
    CHECK_EQUAL(sys(semaphore_wait, slot, TIMEOUT_TRY), 0);
    CHECK_ERROR(sys(semaphore_wait, slot, TIMEOUT_TRY), ETIMEDOUT);
    check_note("between processes");
    start_worker();
    remote_begin(&worker, semaphore_wait, slot, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(semaphore_post, slot), 0);
    CHECK_EQUAL(remote_result(&worker), 0);
    check_note("revoked, and then the post is for others");
    int64_t delegate = give(slot, CAP_TYPE_SEMAPHORE, CAP_READ);
    CHECK_EQUAL(remote_call(&worker, semaphore_post, where), -ENOTCAPABLE);
    CHECK_REVOKED_WHILE(&worker, delegate, semaphore_wait, where, TIMEOUT_FOREVER);
    CHECK_EQUAL(sys(semaphore_post, slot), 0);
    CHECK_EQUAL(sys(semaphore_wait, slot, TIMEOUT_TRY), 0);
    remote_end(&worker);
}

static void test_barrier(void) {
    CHECK_ERROR(sys(barrier_create, 0), EINVAL);
    CHECK_ERROR(sys(barrier_create, INT64_C(1) << 32), EINVAL);
    int64_t slot = NEED(sys(barrier_create, 2));
    start_worker();
    for (int round = 0; round < 3; round++) {
        remote_begin(&worker, barrier_wait, slot, TIMEOUT_FOREVER);
        remote_until_blocked(&worker);
        CHECK_EQUAL(sys(barrier_wait, slot, TIMEOUT_FOREVER), BARRIER_SERIAL);
        CHECK_EQUAL(remote_result(&worker), 0);
    }
    check_note("who leaves has not come");
    CHECK_ERROR(sys(barrier_wait, slot, 1000000), ETIMEDOUT);
    int64_t delegate = give(slot, CAP_TYPE_BARRIER, CAP_READ);
    CHECK_REVOKED_WHILE(&worker, delegate, barrier_wait, where, TIMEOUT_FOREVER);
    CHECK_ERROR(sys(barrier_wait, slot, TIMEOUT_TRY), ETIMEDOUT);
    remote_end(&worker);
}

// ---- Message queues ----------------------------------------------------------------------------

static void test_queue(void) {
    CHECK_ERROR(sys(queue_create, 0, 64), EINVAL);
    CHECK_ERROR(sys(queue_create, 4, 0), EINVAL);
    CHECK_ERROR(sys(queue_create, QUEUE_MESSAGES_MAX + 1, 64), EINVAL);
    CHECK_ERROR(sys(queue_create, 4, QUEUE_SIZE_MAX + 1), EINVAL);
    int64_t slot = NEED(sys(queue_create, 4, 8));
    check_note("by priority, then by arrival");
    static const struct {
        const char *text;
        int64_t priority;
    } sent[] = {{"low", 1}, {"first", 7}, {"second", 7}, {"top", 31}};
    for (int i = 0; i < 4; i++)
        CHECK_EQUAL(sys(queue_send, slot, sent[i].text, strlen(sent[i].text), sent[i].priority, 0),
                    0);
    CHECK_ERROR(sys(queue_send, slot, "x", 1, 0, TIMEOUT_TRY), ETIMEDOUT);
    static const int order[] = {3, 1, 2, 0};
    for (int i = 0; i < 4; i++) {
        char text[8];
        uint32_t priority;
        int64_t size = sys(queue_receive, slot, text, 8, &priority, TIMEOUT_FOREVER);
        CHECK_EQUAL(size, strlen(sent[order[i]].text));
        CHECK_BYTES(text, sent[order[i]].text, (size_t)size);
        CHECK_EQUAL(priority, sent[order[i]].priority);
    }
    check_note("sizes");
    CHECK_ERROR(sys(queue_send, slot, "123456789", 9, 0, 0), EMSGSIZE);
    CHECK_ERROR(sys(queue_receive, slot, remote_bytes, 7, 0, 0), EMSGSIZE);
    CHECK_EQUAL(sys(queue_send, slot, "", 0, 0, 0), 0);
    CHECK_EQUAL(sys(queue_receive, slot, remote_bytes, 8, 0, 0), 0);
    CHECK_ERROR(sys(queue_send, slot, "x", 1, 32, 0), EINVAL);
    CHECK_ERROR(sys(queue_send, slot, "x", 1, -1, 0), EINVAL);
    check_note("a bad address takes nothing");
    CHECK_EQUAL(sys(queue_send, slot, "keep", 4, 0, 0), 0);
    CHECK_ERROR(sys(queue_receive, slot, 8, 8, 0, 0), EFAULT);
    CHECK_ERROR(sys(queue_receive, slot, remote_bytes, 8, 8, 0), EFAULT);
    CHECK_ERROR(sys(queue_send, slot, 8, 8, 0, 0), EFAULT);
    CHECK_EQUAL(sys(queue_receive, slot, remote_bytes, 8, 0, 0), 4);
    CHECK_ERROR(sys(queue_receive, slot, remote_bytes, 8, 0, 0), ETIMEDOUT);
}

static void test_queue_waits(void) {
    int64_t slot = NEED(sys(queue_create, 1, 8));
    start_worker();
    remote_begin(&worker, queue_receive, slot, remote_bytes, 8, &remote_priority, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(queue_send, slot, "abc", 3, 5, TIMEOUT_TRY), 0);
    CHECK_EQUAL(remote_result(&worker), 3);
    CHECK_EQUAL(sys(queue_send, slot, "full", 4, 5, TIMEOUT_TRY), 0);
    remote_begin(&worker, queue_send, slot, remote_bytes, 3, 0, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(queue_receive, slot, remote_bytes, 8, 0, TIMEOUT_TRY), 4);
    CHECK_EQUAL(remote_result(&worker), 0);
    CHECK_EQUAL(sys(queue_receive, slot, remote_bytes, 8, 0, TIMEOUT_TRY), 3);
    CHECK_BYTES(remote_bytes, "abc", 3);
    check_note("revoked: not one more message");
    int64_t delegate = give(slot, CAP_TYPE_QUEUE, CAP_READ);
    CHECK_REVOKED_WHILE(&worker, delegate, queue_receive, where, remote_bytes, 8, 0,
                        TIMEOUT_FOREVER);
    CHECK_EQUAL(sys(queue_send, slot, "mine", 4, 5, TIMEOUT_TRY), 0);
    CHECK_EQUAL(sys(queue_receive, slot, remote_bytes, 8, 0, TIMEOUT_TRY), 4);
    remote_end(&worker);
}

static void test_largest_queue(void) {
    int64_t slot = NEED(sys(queue_create, QUEUE_MESSAGES_MAX, QUEUE_SIZE_MAX));
    static char message[QUEUE_SIZE_MAX];
    for (uint32_t i = 0; i < QUEUE_MESSAGES_MAX; i++) {
        pattern_fill(message, sizeof(message), i);
        CHECK_EQUAL(sys(queue_send, slot, message, sizeof(message), 0, TIMEOUT_TRY), 0);
    }
    CHECK_ERROR(sys(queue_send, slot, message, 1, 0, TIMEOUT_TRY), ETIMEDOUT);
    for (uint32_t i = 0; i < QUEUE_MESSAGES_MAX; i++) {
        CHECK_EQUAL(sys(queue_receive, slot, message, sizeof(message), 0, 0), sizeof(message));
        CHECK(pattern_is(message, sizeof(message), i));
    }
}

// ---- Timers ------------------------------------------------------------------------------------

static void test_timer(void) {
    struct timer_state state;
    int64_t slot = make(CAP_TYPE_TIMER);
    CHECK_ERROR(sys(timer_settime, slot, -1, 0, 0), EINVAL);
    CHECK_ERROR(sys(timer_settime, slot, 1, -1, 0), EINVAL);
    CHECK_ERROR(sys(timer_settime, slot, 1, 0, 2), EINVAL);
    check_note("once");
    CHECK_EQUAL(sys(timer_settime, slot, 1000000, 0, 0), 0);
    CHECK_EQUAL(sys(timer_wait, slot, TIMEOUT_FOREVER), 1);
    CHECK_ERROR(sys(timer_wait, slot, TIMEOUT_TRY), ETIMEDOUT);
    CHECK_EQUAL(sys(timer_gettime, slot, &state), 0);
    CHECK_EQUAL(state.remaining, 0);
    check_note("overruns");
    int64_t start = sys(clock);
    CHECK_EQUAL(sys(timer_settime, slot, start + 1000000, 1000000, TIMER_ABSOLUTE), 0);
    CHECK_EQUAL(sys(sleep, 20000000), 0);
    int64_t expiries = NEED(sys(timer_wait, slot, TIMEOUT_FOREVER));
    CHECK(expiries >= 19);
    CHECK(expiries <= (sys(clock) - start) / 1000000);
    check_note("disarmed");
    CHECK_EQUAL(sys(timer_settime, slot, 0, 5, 0), 0);
    CHECK_EQUAL(sys(timer_gettime, slot, &state), 0);
    CHECK_EQUAL(state.remaining + state.interval, 0);
    CHECK_ERROR(sys(timer_wait, slot, 3000000), ETIMEDOUT);
    check_note("a nanosecond");
    CHECK_EQUAL(sys(timer_settime, slot, 1, 1, 0), 0);
    for (int i = 0; i < 100; i++) CHECK(NEED(sys(timer_wait, slot, TIMEOUT_FOREVER)) > 0);
    check_note("far away");
    CHECK_EQUAL(sys(timer_settime, slot, 100 * SECOND, 7, 0), 0);
    CHECK_EQUAL(sys(timer_gettime, slot, &state), 0);
    CHECK(state.remaining > 0 && state.remaining <= (uint64_t)(100 * SECOND));
    CHECK_EQUAL(state.interval, 7);
    check_note("given up while armed");
    CHECK_EQUAL(sys(close, slot), 0);
}

static void test_timer_revoked(void) {
    int64_t slot = make(CAP_TYPE_TIMER);
    start_worker();
    int64_t delegate = give(slot, CAP_TYPE_TIMER, CAP_READ);
    CHECK_EQUAL(remote_call(&worker, timer_settime, where, 1, 0, 0), -ENOTCAPABLE);
    check_note("set while somebody waits");
    remote_begin(&worker, timer_wait, where, TIMEOUT_FOREVER);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(timer_settime, slot, 1, 0, 0), 0);
    CHECK_EQUAL(remote_result(&worker), 1);
    check_note("revoked");
    CHECK_REVOKED_WHILE(&worker, delegate, timer_wait, where, TIMEOUT_FOREVER);
    remote_end(&worker);
}

static const struct test_case cases[] = {
    {"constructors", test_constructors},
    {"full_table", test_full_table},
    {"bad_timeouts", test_bad_timeouts},
    {"semaphore", test_semaphore},
    {"barrier", test_barrier},
    {"queue", test_queue},
    {"queue_waits", test_queue_waits},
    {"largest_queue", test_largest_queue},
    {"timer", test_timer},
    {"timer_revoked", test_timer_revoked},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
