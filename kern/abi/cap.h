// SPDX-License-Identifier: MIT
// Capability words that kernel and user programs share: object types, rights, slot flags and the
// layout of a token. See the book's chapter on capabilities for what they mean.
#pragma once

#include "abi/types.h"

// Types start at 1, so that an all-zero word is never a token.
#define CAP_TYPE_LIST(TYPE)                                                                        \
    TYPE(FILE, 1, "file")                                                                          \
    TYPE(THREAD, 2, "thread")                                                                      \
    TYPE(DELEGATE, 3, "delegate")                                                                  \
    TYPE(TIMER, 4, "timer")                                                                        \
    TYPE(MUTEX, 5, "mutex")                                                                        \
    TYPE(CONDITION, 6, "condition")                                                                \
    TYPE(SEMAPHORE, 7, "semaphore")                                                                \
    TYPE(BARRIER, 8, "barrier")                                                                    \
    TYPE(RWLOCK, 9, "rwlock")                                                                      \
    TYPE(QUEUE, 10, "queue")

#define CAP_DEFINE_TYPE(name, code, text) CAP_TYPE_##name = code,
enum cap_type { CAP_TYPE_NONE = 0, CAP_TYPE_LIST(CAP_DEFINE_TYPE) CAP_TYPE_END };
#undef CAP_DEFINE_TYPE

// Rights: the four lowest mean the same on every type; the rest are interpreted per type.
#define CAP_READ       (1u << 0)
#define CAP_WRITE      (1u << 1)
#define CAP_EXEC       (1u << 2)
#define CAP_GRANT      (1u << 3)
#define CAP_ANY        0u // in the table of calls: no right needed
#define CAP_RIGHTS_ALL 0x00ffffffu

// Slot flags, as cap_setflags() takes and cap_stat() reports them.
#define CAP_CLOSE_ON_SPAWN (1u << 0) // the slot does not survive exec and is not inherited
#define CAP_RECEIVED       (1u << 1) // it came by cap_transfer(); cannot be set

// From whom a process takes transfers, for cap_accept().
enum cap_accept { CAP_ACCEPT_NOBODY, CAP_ACCEPT_FAMILY, CAP_ACCEPT_ANYBODY };

// How many slots of one process may be received ones, so that givers cannot fill its table.
#define CAP_RECEIVED_MAX 32

// Slots of one cap_space. The top ones hold the handles of the process's own threads only.
#define CAP_SLOTS          128
#define CAP_SLOTS_RESERVED 16
#define CAP_SLOTS_ORDINARY (CAP_SLOTS - CAP_SLOTS_RESERVED)

// A token is a snapshot of a slot in 63 bits, so that it is a positive int64_t:
//
//    62         38 37         14 13      8 7        0
//   +-------------+-------------+---------+----------+
//   | generation  |   rights    |  type   |   slot   |
//   +-------------+-------------+---------+----------+
typedef int64_t cap_token;

#define cap_token_slot(token)      ((token) & ((1 << CAP_TOKEN_SLOT_BITS) - 1))
#define CAP_TOKEN_SLOT_BITS        8
#define CAP_TOKEN_TYPE_BITS        6
#define CAP_TOKEN_RIGHTS_BITS      24
#define CAP_TOKEN_GENERATION_BITS  25
#define CAP_TOKEN_TYPE_SHIFT       CAP_TOKEN_SLOT_BITS
#define CAP_TOKEN_RIGHTS_SHIFT     (CAP_TOKEN_TYPE_SHIFT + CAP_TOKEN_TYPE_BITS)
#define CAP_TOKEN_GENERATION_SHIFT (CAP_TOKEN_RIGHTS_SHIFT + CAP_TOKEN_RIGHTS_BITS)

// The last generation is never live: a slot that reaches it is retired for good.
#define CAP_GENERATION_RETIRED ((1u << CAP_TOKEN_GENERATION_BITS) - 1)

_Static_assert(CAP_TOKEN_GENERATION_SHIFT + CAP_TOKEN_GENERATION_BITS == 63, "token is 63 bits");
_Static_assert(CAP_SLOTS <= 1 << CAP_TOKEN_SLOT_BITS, "every slot has a token");
_Static_assert(CAP_TYPE_END <= 1 << CAP_TOKEN_TYPE_BITS, "every type has a token");
_Static_assert(CAP_RIGHTS_ALL >> CAP_TOKEN_RIGHTS_BITS == 0, "every right has a bit");

// What cap_stat() and cap_inspect() report of one slot.
struct cap_info {
    uint32_t type;        // enum cap_type
    uint32_t rights;      // CAP_READ | ...
    uint32_t generation;  // as it stands in the token
    uint32_t flags;       // CAP_CLOSE_ON_SPAWN | CAP_RECEIVED
    uint64_t grant_epoch; // the grant under which it was received, or 0
    uint64_t object_id;   // equal for two slots that name the same object, meaningless otherwise
    uint32_t references;  // slots, pins and messages that hold the object, at this moment
    uint32_t reserved;    // 0
    char name[32];        // what it names, for people: "pipe", "/dev/console", ...
};
