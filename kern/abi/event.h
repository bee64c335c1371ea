// SPDX-License-Identifier: MIT
// The record of what happens to capabilities, for events_read().
#pragma once

#include "abi/types.h"

#define EVENT_LIST(EVENT)                                                                          \
    EVENT(MINT, 1, "mint")         /* a constructor filled a slot */                               \
    EVENT(DUP, 2, "dup")           /* dup or dup2 did */                                           \
    EVENT(INHERIT, 3, "inherit")   /* spawn did, in the child */                                   \
    EVENT(TRANSFER, 4, "transfer") /* cap_transfer did, in the receiver, which is `other` */       \
    EVENT(DROP, 5, "drop")         /* close or cap_drop emptied it */                              \
    EVENT(REVOKE, 6, "revoke")     /* a grant to `other` is revoked */                             \
    EVENT(SWEEP, 7, "sweep")       /* and so a slot was emptied */                                 \
    EVENT(PIN, 8, "pin")           /* an operation under a grant begins, */                        \
    EVENT(BLOCK, 9, "block")       /* waits, */                                                    \
    EVENT(WAKE, 10, "wake")        /* and goes on or fails */

#define EVENT_DEFINE(name, number, text) EVENT_##name = number,
enum event_kind { EVENT_LIST(EVENT_DEFINE) };
#undef EVENT_DEFINE

#define EVENTS_KEPT 1024 // older ones are overwritten

struct event {
    uint64_t sequence; // 1, 2, …; what is missing in between was overwritten before it was read
    uint64_t time;     // nanoseconds since boot
    uint64_t object_id;
    uint64_t grant_epoch; // 0: no grant
    int32_t pid;          // whose table it is
    int32_t other;        // see EVENT_LIST, or 0
    int32_t slot;         // or -1
    uint32_t rights;
    uint16_t kind;     // enum event_kind
    uint16_t type;     // enum cap_type
    uint32_t reserved; // 0
};
