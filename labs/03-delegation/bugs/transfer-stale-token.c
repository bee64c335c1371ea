// SPDX-License-Identifier: MIT
// The token's slot counts, not the token.
//
// function:  kern/cap/delegation.c:transfer_locked
// breaks:    P3
// caught by: transfer-refused
// like:      a mistake that students make

static int64_t transfer_locked(struct cap_space *giver, struct cap_space *receiver,
                               const struct cap_transfer *transfer) {
    const struct cap_slot *source = cap_slot_find_locked(giver, transfer->token & 0xff);
    int error = check_source_locked(source, transfer->rights);
    if (!error) error = check_receiver_locked(giver, receiver, transfer);
    if (!error) error = transfer->user_slot_error;
    if (error) return error;
    int handle = cap_slot_lowest_free_locked(giver);
    // The highest, so that it wins no race for a descriptor that the receiver is about to open.
    int target = cap_slot_highest_free_locked(receiver);
    if (handle < 0 || target < 0 || receiver->received >= CAP_RECEIVED_MAX) return -EMFILE;
    if (!transfer->grant) return -ENOMEM;
    if ((error = charge_pair_locked(giver, handle, receiver, target))) return error;
    if (copy_to_user_atomic(transfer->user_slot, &target, sizeof(target)) < sizeof(target)) {
        release_pair_locked(giver, receiver);
        return -EAGAIN;
    }
    object_get(source->object);
    grant_get(transfer->grant);
    cap_slot_fill_locked(receiver, (uint32_t)target, source->object, transfer->grant,
                         (uint32_t)transfer->rights, CAP_RECEIVED);
    event_of_slot(EVENT_TRANSFER, giver, &receiver->slots[target], receiver->pid);
    cap_slot_fill_locked(giver, (uint32_t)handle, &transfer->grant->object, NULL, CAP_WRITE, 0);
    return cap_slot_token_locked(giver, &giver->slots[handle]);
}
