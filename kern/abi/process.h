// SPDX-License-Identifier: MIT
// Process calls: exit statuses, wait flags, spawn's file actions and attributes, process_info().
#pragma once

#include "abi/account.h"
#include "abi/syscall.h"
#include "abi/account.h"
#include "abi/types.h"

// A status from wait(): the low eight bits of what was given to exit(), or 256 + the reason why
// the kernel ended the process.
#define STATUS_ENDED           256
#define STATUS_KILLED          (STATUS_ENDED + 9)  // kill()
#define STATUS_INTERRUPTED     (STATUS_ENDED + 2)  // Ctrl-C
#define STATUS_FAULT           (STATUS_ENDED + 11) // a memory access that it had no right to make
#define STATUS_ILLEGAL         (STATUS_ENDED + 4)  // an instruction that it may not execute
#define STATUS_IS_EXIT(status) ((status) < STATUS_ENDED)
#define STATUS_SHELL(status)   ((status) < STATUS_ENDED ? (status) : (status)-STATUS_ENDED + 128)

#define WAIT_ANY     (-1)
#define WAIT_NO_HANG 1 // return 0 at once when no child has ended

// Arguments of exec() and spawn(): how many, and how many bytes with their zeros.
#define ARGUMENTS_MAX      256
#define ARGUMENT_BYTES_MAX (64 * 1024)

enum spawn_action_kind { SPAWN_FA_OPEN = 1, SPAWN_FA_DUP2, SPAWN_FA_CLOSE };

// One file action. They are applied to the child's table in the order given.
struct spawn_action {
    uint32_t kind;  // enum spawn_action_kind
    int32_t slot;   // OPEN: where to open; CLOSE: what to close; DUP2: the source
    int32_t target; // DUP2: where to
    uint32_t flags; // OPEN: as open()
    uint64_t path;  // OPEN: address of the path
};

enum spawn_inherit {
    SPAWN_INHERIT_ALL = 0,       // every open file; one without GRANT aborts with EACCES
    SPAWN_INHERIT_NOTHING = 1,   // DUP2 then reads the parent's table
    SPAWN_INHERIT_GRANTABLE = 2, // skip what has no GRANT
};

// All zero: as the parent.
struct spawn_attributes {
    uint32_t inherit;                     // enum spawn_inherit
    uint32_t priority;                    // of its thread, and the highest it may ever have; or 0
    uint64_t denied_calls[SYSCALL_WORDS]; // calls that the child may not make, besides the parent's
    uint32_t new_account;                 // 1: a new account in the parent's, with these limits
    uint32_t reserved;                    // 0
    uint64_t limit[ACCOUNT_RESOURCES];    // 0: no limit of its own
};

enum process_state { PROCESS_ALIVE = 1, PROCESS_ZOMBIE };
#define PROCESS_NAME_MAX 32

// What process_info() reports.
struct process_info {
    int32_t pid;
    int32_t parent;
    int32_t group;
    uint32_t state;           // enum process_state
    uint32_t slots_live;      // capabilities held
    uint32_t pages;           // user pages mapped, shared ones included
    uint64_t run_time;        // nanoseconds on a CPU
    uint32_t blocked;         // 1 while all its threads wait for events
    uint32_t cpu;             // where its first thread last ran
    uint64_t syscalls_denied; // calls that its allow-list refused
    uint64_t syscalls_allowed[SYSCALL_WORDS];
    uint32_t syscall_denied_last; // the number of the last of them
    uint32_t priority;            // of its first thread
    uint32_t priority_max;        // the highest that it may have
    uint32_t threads;
    char name[PROCESS_NAME_MAX];
};

// What system_info() reports.
struct system_info {
    uint64_t pages_total;
    uint64_t pages_free;   // memory that a request could have now
    uint64_t objects_live; // kernel objects that capabilities can name
    uint64_t pages_cached; // what the disk's cache keeps as long as nobody else needs it
    uint32_t processes;
    uint32_t processes_max;
    uint32_t cpus;
    uint32_t reserved;
    char machine[16];
};
