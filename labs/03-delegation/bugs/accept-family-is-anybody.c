// SPDX-License-Identifier: MIT
// Everybody is family.
//
// function:  kern/cap/delegation.c:check_receiver_locked
// breaks:    P2
// caught by: accept
// like:      a mistake that students make

static int check_receiver_locked(const struct cap_space *giver, const struct cap_space *receiver,
                                 const struct cap_transfer *transfer) {
    if (receiver == giver) return -EINVAL;
    if (!receiver || receiver->closed) return -ESRCH;
    if (receiver->accepts == CAP_ACCEPT_ANYBODY) return 0;
    return receiver->accepts == CAP_ACCEPT_FAMILY && transfer ? 0 : -EPERM;
}
