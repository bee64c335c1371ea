// SPDX-License-Identifier: MIT
// What the parts of `caps` share.
#pragma once

#include <capability.h>
#include <process.h>
#include <stddef.h>

// One live slot of one process.
struct holding {
    pid_t pid;
    int slot;
    struct cap_info info;
};

// A program that looks at all processes while they go on sees about what there was at one moment.
struct snapshot {
    struct process_info *processes;
    size_t process_count;
    struct holding *holdings; // by process, then by slot
    size_t holding_count;
};

void snapshot_take(struct snapshot *snapshot);

// "rw-g": the four rights that every type has; others follow as a number.
void format_rights(char *text, size_t size, uint32_t rights);
const char *process_name(const struct snapshot *snapshot, pid_t pid);
// The holder of the handle of the grant with this number, or NULL: it is a gift, or revoked.
const struct holding *find_giver(const struct snapshot *snapshot, uint64_t grant);

void print_table(pid_t pid);                             // table.c
void print_delegations(const struct snapshot *snapshot); // delegations.c
void print_graph(const struct snapshot *snapshot);       // graph.c
