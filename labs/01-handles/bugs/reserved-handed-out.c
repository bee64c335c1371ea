// SPDX-License-Identifier: MIT
// Slots that are reserved for threads are handed out when the others are full.
//
// function:  kern/cap/slot.c:cap_slot_lowest_free_locked
// breaks:    P14
// caught by: full-table
// like:      a mistake that students make

int cap_slot_lowest_free_locked(const struct cap_space *space) {
    int index = bitmap_lowest(space->free, CAP_SLOTS);
    return index < 0 ? -EMFILE : index;
}
