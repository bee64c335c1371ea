// SPDX-License-Identifier: MIT
// Only the first calls of the table are inherited.
//
// function:  kern/proc/attributes.c:process_inherit_attributes
// breaks:    P15
// caught by: allow-list-inherited
// like:      a sibling call that was forgotten in the table (CVE-2026-45259)

void process_inherit_attributes(struct process *child, const struct process *parent) {
    memcpy(child->syscalls_allowed, parent->syscalls_allowed, 22);
    child->priority = thread_current()->own_priority; // what it has borrowed is not handed on
    child->priority_max = parent->priority_max;
}
