// SPDX-License-Identifier: MIT
// Remote processes: one pipe of orders, one of answers. No shared state.
#include "remote.h"

#define ORDER_FORK 1000

struct order {
    uint64_t number, arguments[6];
};

// Keeps its own ends only, so that it sees the end of its orders when nobody can give any.
static void become(const struct remote *self) {
    sys(close, self->orders[1]);
    sys(close, self->answers[0]);
}

static _Noreturn void serve(const struct remote *self) {
    struct order order;
    become(self);
    while (sys(read, self->orders[0], &order, sizeof(order)) == sizeof(order)) {
        const uint64_t *a = order.arguments;
        int64_t result;
        if (order.number != ORDER_FORK) {
            result = raw_calls[order.number](a[0], a[1], a[2], a[3], a[4], a[5]);
        } else if ((result = sys(fork)) == 0) {
            self = (const struct remote *)a[0];
            become(self);
            continue;
        }
        CHECK_EQUAL(sys(write, self->answers[1], &result, sizeof(result)), sizeof(result));
    }
    sys(exit, 0);
    __builtin_unreachable();
}

void remote_make(struct remote *remote) {
    CHECK_EQUAL(sys(pipe, remote->orders), 0);
    CHECK_EQUAL(sys(pipe, remote->answers), 0);
}

void remote_start(struct remote *remote) {
    remote->pid = check_fork();
    if (remote->pid == 0) serve(remote);
}

void remote_fork(const struct remote *parent, struct remote *child) {
    remote_order(parent, ORDER_FORK, (const uint64_t[6]){(uint64_t)child});
    child->pid = NEED(remote_result(parent));
}

void remote_exit(const struct remote *remote) { remote_begin(remote, exit, 0); }

void remote_end(const struct remote *remote) {
    remote_exit(remote);
    CHECK_EQUAL(check_wait(remote->pid), 0);
}

void remote_order(const struct remote *remote, uint64_t number, const uint64_t arguments[6]) {
    struct order order = {.number = number};
    for (int i = 0; i < 6; i++) order.arguments[i] = arguments[i];
    CHECK_EQUAL(sys(write, remote->orders[1], &order, sizeof(order)), sizeof(order));
}

// It sleeps, and not because it waits for an order: this one it has taken.
static bool is_blocked(const struct remote *remote) {
    struct stat orders;
    struct process_info info;
    CHECK_EQUAL(sys(fstat, remote->orders[0], &orders), 0);
    CHECK_EQUAL(sys(process_info, remote->pid, &info), remote->pid);
    return orders.size == 0 && info.blocked;
}

void remote_until_blocked(const struct remote *remote) { CHECK_UNTIL(is_blocked(remote)); }

int64_t remote_result(const struct remote *remote) {
    int64_t result;
    CHECK_EQUAL(sys(read, remote->answers[0], &result, sizeof(result)), sizeof(result));
    return result;
}

int64_t remote_give(const struct remote *remote, int64_t slot, int64_t type, int64_t rights,
                    int32_t *where) {
    int64_t token = NEED(sys(cap_get_token, slot, type));
    return NEED(sys(cap_transfer, token, remote->pid, rights, where));
}
