// SPDX-License-Identifier: MIT
// Only one of a batch is released.
//
// function:  kern/cap/delegation.c:cap_swept_release
// breaks:    P9
// caught by: revoke dup-escape
// like:      one reference released for n slots

void cap_swept_release(struct cap_swept *swept) {
    if (swept->count > 0) cap_slot_release(swept->contents[--swept->count]);
    swept->count = 0;
}
