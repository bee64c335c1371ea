// SPDX-License-Identifier: MIT
// Tests of the record of capability events: who may read it, what is in it, and that it is bounded.
#include "check.h"
#include "lib/remote.h"

#include <events.h>
#include <string.h>

static uint64_t newest(void) {
    static struct event events[EVENTS_KEPT];
    ssize_t count = events_read(0, events, EVENTS_KEPT);
    CHECK(count >= 0);
    return count > 0 ? events[count - 1].sequence : 0;
}

// The next event of a process must be of this kind.
static struct event expect(uint64_t *sequence, int64_t pid, int kind) {
    struct event event;
    do {
        check_note("kind %d after event %llu", kind, (unsigned long long)*sequence);
        CHECK_EQUAL(events_read(*sequence + 1, &event, 1), 1);
        CHECK(event.sequence > *sequence);
        *sequence = event.sequence;
    } while (event.pid != pid);
    CHECK_EQUAL(event.kind, kind);
    return event;
}

static void test_life_of_a_capability(void) {
    static struct remote worker;
    int32_t where;
    int64_t self = sys(getpid);
    remote_make(&worker);
    remote_start(&worker);
    CHECK_EQUAL(remote_call(&worker, getpid), worker.pid); // it has begun
    CHECK_EQUAL(events_control(1), 0);
    uint64_t sequence = newest(), of_worker = sequence;
    int64_t slot = NEED(sys(semaphore_create, 0, 1));
    int64_t delegate = remote_give(&worker, slot, CAP_TYPE_SEMAPHORE, CAP_READ, &where);
    remote_begin(&worker, semaphore_wait, where, -1);
    remote_until_blocked(&worker);
    CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);
    CHECK_EQUAL(remote_result(&worker), -EBADF);
    CHECK_EQUAL(sys(close, slot), 0);
    CHECK_EQUAL(events_control(0), 0);

    struct event made = expect(&sequence, self, EVENT_MINT);
    CHECK_EQUAL(made.type, CAP_TYPE_SEMAPHORE);
    CHECK_EQUAL(made.slot, slot);
    CHECK_EQUAL(made.rights, CAP_READ | CAP_WRITE | CAP_GRANT);
    struct event given = expect(&sequence, self, EVENT_TRANSFER);
    CHECK_EQUAL(given.object_id, made.object_id);
    CHECK_EQUAL(given.other, worker.pid);
    CHECK_EQUAL(given.slot, where);
    CHECK_EQUAL(given.rights, CAP_READ);
    CHECK_EQUAL(expect(&sequence, self, EVENT_REVOKE).object_id, given.grant_epoch);
    CHECK_EQUAL(expect(&sequence, self, EVENT_DROP).slot, slot);

    CHECK_EQUAL(expect(&of_worker, worker.pid, EVENT_PIN).grant_epoch, given.grant_epoch);
    CHECK_EQUAL(expect(&of_worker, worker.pid, EVENT_BLOCK).object_id, made.object_id);
    int first = expect(&of_worker, worker.pid, EVENT_SWEEP).slot;
    CHECK_EQUAL(first, where);
    CHECK_EQUAL(expect(&of_worker, worker.pid, EVENT_WAKE).grant_epoch, given.grant_epoch);
    remote_end(&worker);
}

static int64_t dup_of_input(void) { return NEED(sys(dup, 0)); }

static void test_is_bounded(void) {
    static struct event events[EVENTS_KEPT];
    CHECK_EQUAL(events_control(1), 0);
    for (int i = 0; i < EVENTS_KEPT; i++) {
        int64_t slot = dup_of_input();
        CHECK_EQUAL(sys(close, slot), 0);
    }
    CHECK_EQUAL(events_control(0), 0);
    CHECK_EQUAL(events_read(0, events, EVENTS_KEPT), EVENTS_KEPT);
    for (int i = 1; i < EVENTS_KEPT; i++)
        CHECK_EQUAL(events[i].sequence, events[0].sequence + (uint64_t)i);
    CHECK_EQUAL(events_read(events[EVENTS_KEPT - 1].sequence + 1, events, EVENTS_KEPT), 0);
    check_note("nothing is recorded when nobody wants it");
    uint64_t last = newest();
    sys(close, dup_of_input());
    CHECK_EQUAL(newest(), last);
}

static int unprivileged(int argc, char **argv) {
    (void)argc, (void)argv;
    struct event event;
    CHECK_ERROR(sys(events_control, 1), EPERM);
    CHECK_ERROR(sys(events_read, 0, &event, sizeof(event)), EPERM);
    return 0;
}

static void test_who_may(void) {
    struct event event;
    CHECK_ERROR(sys(events_control, 2), EINVAL);
    CHECK_ERROR(sys(events_control, -1), EINVAL);
    CHECK_ERROR(sys(events_read, 0, &event, sizeof(event) - 1), EINVAL);
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING, .new_account = 1};
    const char *argv[] = {check_program, "--helper", "unprivileged", NULL};
    int64_t pid = NEED(sys(spawn, check_program, argv, NULL, 0, &attributes));
    CHECK_EQUAL(check_wait(pid), 0);
}

static const struct test_case cases[] = {
    {"life_of_a_capability", test_life_of_a_capability},
    {"is_bounded", test_is_bounded},
    {"who_may", test_who_may},
};

static const struct test_helper helpers[] = {{"unprivileged", unprivileged}, {NULL, NULL}};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
