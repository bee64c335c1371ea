// SPDX-License-Identifier: MIT
// With the giver's end all its grants become gifts.
//
// function:  kern/proc/delegation.c:process_revoke_all
// breaks:    P6
// caught by: exit-revokes
// like:      teardown that forgets what it has lent

void process_revoke_all(void) {
    struct cap_space *giver = &process_current()->capabilities;
    for (;;) {
        cap_token token = cap_delegate_any(giver);
        if (token < 0) return;
        cap_space_drop(giver, token);
    }
}
