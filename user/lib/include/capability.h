// SPDX-License-Identifier: MIT
// The process's capability table. Types, rights, flags and tokens are explained in abi/cap.h.
#pragma once

#include "abi/cap.h"
#include "sys/types.h"

// The present token of a live slot that holds a capability of this type, or -1.
cap_token cap_get_token(int slot, enum cap_type type);
// Empties the slot that a token names; EBADF if the slot has changed since.
int cap_drop(cap_token token);
int cap_stat(int slot, struct cap_info *info);
int cap_setflags(int slot, uint32_t flags);
// cap_stat() of another process's slot.
int cap_inspect(pid_t pid, int slot, struct cap_info *info);

// Gives the capability that `token` names to another process, with no more than `rights`, which
// leaves GRANT out. *slot is where it arrives. The result is the token of a slot that holds the
// authority to take it back, or -1.
cap_token cap_transfer(cap_token token, pid_t pid, uint32_t rights, int *slot);
// From whom this process takes transfers; from its parent and children if it says nothing.
int cap_accept(enum cap_accept who);
// Takes back what was given, with all copies that were made of it.
int cap_revoke_delegate(cap_token token);

// "file", "timer", ..., or "?".
const char *cap_type_name(uint32_t type);
