// SPDX-License-Identifier: MIT
// Nobody looks at the flip.
//
// function:  kern/cap/grant.h:grant_is_live
// breaks:    P7
// caught by: flip
// like:      a mistake that students make

static inline bool grant_is_live(const struct grant *grant) {
    (void)grant;
    return true;
}
