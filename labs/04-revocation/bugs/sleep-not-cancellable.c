// SPDX-License-Identifier: MIT
// A sleeper does not say what may cancel its sleep.
//
// function:  kern/cap/grant.c:cap_ref_sleep_under_grant
// breaks:    P7
// caught by: wake
// like:      a mistake that students make

enum wake_reason cap_ref_sleep_under_grant(const struct cap_ref *ref, struct wait_queue *queue,
                                           struct spinlock *lock, uint64_t deadline) {
    event_of_pin(EVENT_BLOCK, ref);
    enum wake_reason reason = wait_queue_sleep(queue, lock, NULL, deadline);
    event_of_pin(EVENT_WAKE, ref);
    return reason;
}
