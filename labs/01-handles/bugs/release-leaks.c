// SPDX-License-Identifier: MIT
// The reference that a slot had is never put.
//
// function:  kern/cap/slot.c:cap_slot_release
// breaks:    P9
// caught by: count
// like:      references that leak until their counter wraps (CVE-2016-0728)

void cap_slot_release(struct cap_slot_contents contents) { grant_put(contents.grant); }
