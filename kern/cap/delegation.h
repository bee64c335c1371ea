// SPDX-License-Identifier: MIT
// Delegation between two capability tables: handing a capability on under a new grant, and taking
// it back. The caller keeps both tables in existence; their locks are taken here, in order of pid.
#pragma once

#include "cap/slot.h"

// What a transfer asks for, and what the caller has found out and made for it before.
struct cap_transfer {
    cap_token token;
    uint64_t rights;
    uint64_t user_slot;  // address for the receiver's slot number
    int user_slot_error; // why it cannot be written, or 0
    bool is_family;      // one process is the other's parent
    struct grant *grant; // new, with the reference that the DELEGATE slot will have; or NULL
};

// Mints in `receiver` (NULL: there is none). The token of the giver's DELEGATE slot; or an error of
// the specification's list, and nothing has changed; or -EAGAIN if the address of the slot number
// could be written once, but has to be made accessible again.
int64_t cap_transfer(struct cap_space *giver, struct cap_space *receiver,
                     const struct cap_transfer *transfer);

#define SWEEP_BATCH 16

// Contents of slots that have been cleared, to be put when no lock is held.
struct cap_swept {
    uint32_t count;
    struct cap_slot_contents contents[SWEEP_BATCH];
};

void cap_swept_release(struct cap_swept *swept);

// The grant that a DELEGATE token names, with a reference for the caller; NULL if it is stale.
struct grant *cap_delegate_of_token(struct cap_space *giver, cap_token token);

// The token of some DELEGATE slot, or -EBADF if the table has none.
cap_token cap_delegate_any(struct cap_space *giver);

// The commit point of a revocation: if the token still names the grant, the handle is consumed, the
// grant is revoked, and its slots in the receiver's table (which may be NULL) are cleared, as far
// as the batch has room. Else false, and nothing has changed.
bool cap_revoke_commit(struct cap_space *giver, struct cap_space *receiver, cap_token token,
                       struct grant *grant, struct cap_swept *swept);

// Clears up to a batch of slots that bear the mark.
void cap_space_sweep(struct cap_space *space, const struct grant *grant, struct cap_swept *swept);
