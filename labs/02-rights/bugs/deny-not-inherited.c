// SPDX-License-Identifier: MIT
// A child may call everything again.
//
// function:  kern/proc/attributes.c:process_inherit_attributes
// breaks:    P15
// caught by: allow-list-inherited
// like:      a restriction copied in the usual path and lost in a rare one (CVE-2024-42318)

void process_inherit_attributes(struct process *child, const struct process *parent) {
    child->priority = thread_current()->own_priority; // what it has borrowed is not handed on
    child->priority_max = parent->priority_max;
}
