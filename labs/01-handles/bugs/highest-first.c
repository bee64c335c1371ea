// SPDX-License-Identifier: MIT
// The highest free slot is taken.
//
// function:  kern/cap/slot.c:cap_slot_lowest_free_locked
// breaks:    P1
// caught by: mint lowest-again
// like:      a mistake that students make

int cap_slot_lowest_free_locked(const struct cap_space *space) {
    int index = bitmap_highest(space->free, CAP_SLOTS_ORDINARY);
    return index < 0 ? -EMFILE : index;
}
