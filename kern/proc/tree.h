// SPDX-License-Identifier: MIT
// The table and tree of processes, for proc/ only. process_tree_lock guards the table, parents,
// children, groups, states and threads.
#pragma once

#include "proc/process.h"

extern struct spinlock process_tree_lock;

// A process under construction: a number, an empty capability table, no thread, not yet visible.
// NULL when there is no number, the account does not bear it (both -EAGAIN) or there is no memory
// (-ENOMEM).
struct process *process_create(struct account *account, int *error);

// What a new process gets from its parent, and what spawn's attributes, which have been checked,
// take from that.
void process_inherit_attributes(struct process *child, const struct process *parent);
void process_apply_attributes(struct process *child, const struct spawn_attributes *attributes);

// What spawn puts into the table of a process under construction. Inheritance completes before the
// first action; actions apply in order. An error of the specification's list, and then the process
// is to be abandoned.
int process_fill_table(struct process *child, const struct spawn_action *actions,
                       uint32_t action_count, enum spawn_inherit inherit);

// The child begins where the caller is.
void process_inherit_directory(struct process *child);
void process_leave_directory(struct process *process);
void process_directory_init(void);

// Gives back a process that was never published: everything that it has so far.
void process_abandon(struct process *process);

// Gives it its first thread, which will enter user mode with the frame that the caller fills, and
// that one's THREAD handle. -ENOMEM, -EMFILE.
int process_add_thread(struct process *process);

static inline struct user_thread *process_first_thread(const struct process *process) {
    return container_of(process->threads.next, struct user_thread, sibling);
}

// The trap frame of its first thread.
struct trap_frame *process_frame(struct process *process);

// Tells all threads to end, and the process with the last of them. Nothing if that is so already.
void process_end_locked(struct process *process, int32_t status);

// What the last thread does: gives back all that the process has. When that thread is dead, the
// process becomes a zombie, which its parent may free at once.
void process_finish(struct process *process);
void process_become_zombie(struct process *process);

// Ends all threads but the calling one. -EINTR if that one is to end itself.
int process_end_other_threads(void);

void user_thread_init(void);

// Makes it visible as a child of `parent` (NULL for the first) and starts it. Its number; or -EINTR
// if the parent has been told to end, and then the process is still the caller's: what is ending
// makes nothing new, so that ending a group once ends all of it.
int32_t process_publish(struct process *process, struct process *parent);

// The process with this number that is alive or a zombie, or NULL.
struct process *process_find_locked(int64_t pid);

// The visible process in a slot of the table, or NULL; the slots are 0 … PROCESSES_MAX-1.
struct process *process_at_locked(uint32_t slot);

// The process in that slot of the table, visible or still under construction, or NULL.
struct process *process_at_any_state_locked(uint32_t slot);

// The first such process in that slot or behind it, and its slot; NULL and PROCESSES_MAX if there
// is none.
struct process *process_next_at_any_state_locked(uint32_t *slot);

// Takes a zombie out of the table and frees it; called without the lock, after unlinking.
void process_free(struct process *process);
void process_unlink_locked(struct process *process);

// Changes which address space the process has, and returns the old one, which is then the caller's.
struct address_space *process_replace_space(struct process *process, struct address_space *space);
