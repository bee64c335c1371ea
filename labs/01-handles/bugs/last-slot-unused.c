// SPDX-License-Identifier: MIT
// The last ordinary slot is never used.
//
// function:  kern/cap/slot.c:cap_slot_lowest_free_locked
// breaks:    P1
// caught by: full-table
// like:      a mistake that students make

int cap_slot_lowest_free_locked(const struct cap_space *space) {
    int index = bitmap_lowest(space->free, CAP_SLOTS_ORDINARY - 1);
    return index < 0 ? -EMFILE : index;
}
