// SPDX-License-Identifier: MIT
// Processes that make the system calls they are told to, so that a test can act as several ones in
// turn. Each calls with a table and memory of its own; the memory is at the addresses that the
// test's has.
#pragma once

#include "../check.h"

struct remote {
    int64_t pid;
    int32_t orders[2], answers[2];
};

// Makes the pipes, which the process and those that fork before it starts will know.
void remote_make(struct remote *remote);

// Forks it from the caller, or from another one which has seen remote_make().
void remote_start(struct remote *remote);
void remote_fork(const struct remote *parent, struct remote *child);

// Makes it exit; and takes its status, if it is a child of the caller.
void remote_exit(const struct remote *remote);
void remote_end(const struct remote *remote);

// remote_call(&r, read, slot, buffer, size): the call's result. In steps: remote_begin() returns at
// once, remote_until_blocked() when the call waits for an event, remote_result() when it is done.
#define remote_call(remote, ...) (remote_begin(remote, __VA_ARGS__), remote_result(remote))
#define remote_begin(remote, name, ...)                                                            \
    REMOTE_PICK(remote, SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define REMOTE_PICK(remote, number, a, b, c, d, e, f, ...)                                         \
    remote_order(remote, number,                                                                   \
                 (const uint64_t[]){(uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d),    \
                                    (uint64_t)(e), (uint64_t)(f)})

void remote_order(const struct remote *remote, uint64_t number, const uint64_t arguments[6]);
void remote_until_blocked(const struct remote *remote);
int64_t remote_result(const struct remote *remote);

// Gives it a capability by cap_transfer(): the token of the delegate handle. *where is its slot.
int64_t remote_give(const struct remote *remote, int64_t slot, int64_t type, int64_t rights,
                    int32_t *where);

// The remote's call waits; then its capability is revoked, and the call says so.
#define CHECK_REVOKED_WHILE(remote, delegate, call, ...)                                           \
    do {                                                                                           \
        remote_begin(remote, call, ##__VA_ARGS__);                                                 \
        remote_until_blocked(remote);                                                              \
        CHECK_EQUAL(sys(cap_revoke_delegate, delegate), 0);                                        \
        CHECK_EQUAL(remote_result(remote), -EBADF);                                                \
    } while (0)
