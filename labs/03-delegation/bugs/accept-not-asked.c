// SPDX-License-Identifier: MIT
// Nobody asks what the receiver accepts.
//
// function:  kern/cap/delegation.c:check_receiver_locked
// breaks:    P2
// caught by: accept
// like:      anyone who can fill anyone's table

static int check_receiver_locked(const struct cap_space *giver, const struct cap_space *receiver,
                                 const struct cap_transfer *transfer) {
    if (receiver == giver) return -EINVAL;
    if (!receiver || receiver->closed) return -ESRCH;
    if (receiver->accepts == CAP_ACCEPT_ANYBODY) return 0;
    (void)transfer;
    return 0;
}
