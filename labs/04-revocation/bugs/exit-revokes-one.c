// SPDX-License-Identifier: MIT
// With the giver's end one grant ends.
//
// function:  kern/proc/delegation.c:process_revoke_all
// breaks:    P6
// caught by: exit-revokes
// like:      a mistake that students make

void process_revoke_all(void) {
    struct cap_space *giver = &process_current()->capabilities;
    for (;;) {
        cap_token token = cap_delegate_any(giver);
        if (token < 0) return;
        process_revoke(token);
        return;
    }
}
