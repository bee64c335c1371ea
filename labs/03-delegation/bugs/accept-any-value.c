// SPDX-License-Identifier: MIT
// cap_accept does not look at what it is given.
//
// function:  kern/cap/cap_space.c:cap_space_accept
// breaks:    P2
// caught by: accept
// like:      a mistake that students make

int cap_space_accept(struct cap_space *space, int64_t who) {
    spinlock_acquire(&space->lock);
    space->accepts = (uint32_t)who;
    spinlock_release(&space->lock);
    return 0;
}
