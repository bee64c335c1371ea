// SPDX-License-Identifier: MIT
// A process can give to itself.
//
// function:  kern/cap/delegation.c:check_receiver_locked
// breaks:    P5
// caught by: transfer-refused
// like:      a socket sent into itself (FreeBSD D53744)

static int check_receiver_locked(const struct cap_space *giver, const struct cap_space *receiver,
                                 const struct cap_transfer *transfer) {
    if (receiver == giver) return 0;
    if (!receiver || receiver->closed) return -ESRCH;
    if (receiver->accepts == CAP_ACCEPT_ANYBODY) return 0;
    return receiver->accepts == CAP_ACCEPT_FAMILY && transfer->is_family ? 0 : -EPERM;
}
