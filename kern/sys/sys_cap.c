// SPDX-License-Identifier: MIT
// System calls on the capability table itself: they take bare numbers and tokens, which cap/
// validates under the table's lock.

#include "abi/errno.h"
#include "cap/events.h"
#include "mem/uaccess.h"
#include "proc/process.h"
#include "sys/handlers.h"

#define EVENT_BATCH 16

static struct cap_space *own_table(void) { return &process_current()->capabilities; }

int64_t sys_close(struct syscall *call) {
    return cap_space_close_slot(own_table(), (int64_t)call->argument[0]);
}

int64_t sys_dup(struct syscall *call) {
    return cap_space_dup(own_table(), (int64_t)call->argument[0]);
}

int64_t sys_dup2(struct syscall *call) {
    return cap_space_dup2(own_table(), (int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_cap_get_token(struct syscall *call) {
    return cap_space_get_token(own_table(), (int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_cap_drop(struct syscall *call) {
    return cap_space_drop(own_table(), (cap_token)call->argument[0]);
}

int64_t sys_cap_setflags(struct syscall *call) {
    return cap_space_set_flags(own_table(), (int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_cap_stat(struct syscall *call) {
    struct cap_info info;
    int error = cap_space_stat(own_table(), (int64_t)call->argument[0], &info);
    return error ? error : copy_to_user(call->argument[1], &info, sizeof(info));
}

int64_t sys_cap_transfer(struct syscall *call) {
    return process_transfer((cap_token)call->argument[0], (int64_t)call->argument[1],
                            call->argument[2], call->argument[3]);
}

int64_t sys_cap_accept(struct syscall *call) {
    return cap_space_accept(own_table(), (int64_t)call->argument[0]);
}

int64_t sys_cap_revoke_delegate(struct syscall *call) {
    return process_revoke((cap_token)call->argument[0]);
}

int64_t sys_cap_inspect(struct syscall *call) {
    struct cap_info info;
    int64_t error =
        process_inspect_slot((int64_t)call->argument[0], (int64_t)call->argument[1], &info);
    return error ? error : copy_to_user(call->argument[2], &info, sizeof(info));
}

// ---- The record of events ----------------------------------------------------------------------

// Those whose resources somebody else has limited are not to see what all others do.
static bool is_privileged(void) { return process_current()->account == account_root(); }

int64_t sys_events_control(struct syscall *call) {
    if (call->argument[0] > 1) return -EINVAL;
    if (!is_privileged()) return -EPERM;
    events_set_wanted(call->argument[0]);
    return 0;
}

int64_t sys_events_read(struct syscall *call) {
    struct event events[EVENT_BATCH];
    uint64_t sequence = call->argument[0], buffer = call->argument[1];
    uint64_t room = call->argument[2] / sizeof(events[0]), done = 0;
    if (room == 0) return -EINVAL;
    if (!is_privileged()) return -EPERM;
    if (room > EVENTS_KEPT) room = EVENTS_KEPT;
    int error = user_prepare_write(buffer, room * sizeof(events[0]));
    while (!error && done < room) {
        uint64_t count = room - done < EVENT_BATCH ? room - done : EVENT_BATCH;
        count = events_get(sequence, events, (uint32_t)count);
        if (count == 0) break;
        error = copy_to_user(buffer + done * sizeof(events[0]), events, count * sizeof(events[0]));
        sequence = events[count - 1].sequence + 1;
        done += count;
    }
    return error ? error : (int64_t)(done * sizeof(events[0]));
}
