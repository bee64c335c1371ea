// SPDX-License-Identifier: MIT
// exec, spawn and the first process: a new address space is built completely before anything of
// the old one is given up, and a child is published only when nothing can fail any more.

#include "abi/errno.h"
#include "fs/file.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/uaccess.h"
#include "proc/arguments.h"
#include "proc/elf.h"
#include "proc/tree.h"

struct program {
    struct address_space *space;
    uint64_t entry, stack, vector, count;
};

static int load_file(struct inode *inode, struct address_space *space, uint64_t *entry) {
    sleep_lock_acquire(&inode->lock);
    int error = inode->kind == FILE_KIND_REGULAR ? elf_load(inode, space, entry) : -ENOEXEC;
    sleep_lock_release(&inode->lock);
    return error;
}

// A complete address space for a program, or an error and nothing.
static int build_space(struct inode *inode, struct argument_block *arguments,
                       struct account *account, struct program *program) {
    program->space = address_space_create(account);
    if (!program->space) return -ENOMEM;
    program->count = arguments->count;
    // The stack first, so that a program's segments cannot take its place.
    int error =
        arguments_put_on_stack(arguments, program->space, &program->stack, &program->vector);
    if (!error) error = load_file(inode, program->space, &program->entry);
    if (error) address_space_destroy(program->space);
    return error;
}

// The same for a path. A name that is not there, as shells try some, costs nothing but the look.
static int build_program(const char *path, struct argument_block *arguments,
                         struct account *account, struct program *program) {
    struct inode *inode;
    int error = path_lookup(path, &inode);
    if (error) return error;
    error = build_space(inode, arguments, account, program);
    inode_put(inode);
    return error;
}

static void name_process(struct process *process, const char *path) {
    const char *name = path;
    for (const char *c = path; *c; c++)
        if (*c == '/' && c[1]) name = c + 1;
    string_copy(process->name, name, sizeof(process->name));
}

int64_t process_exec(const char *path, struct argument_block *arguments, struct trap_frame *frame) {
    struct process *process = process_current();
    struct program program;
    int error = build_program(path, arguments, process->account, &program);
    if (!error && (error = process_end_other_threads())) address_space_destroy(program.space);
    if (error) return error;
    process_revoke_all(); // before a handle that is closed here would make its grant a gift
    cap_space_exec(&process->capabilities,
                   &((struct user_thread *)thread_current()->owner)->object);
    name_process(process, path);
    string_copy(thread_current()->name, process->name, sizeof(thread_current()->name));
    address_space_activate(program.space);
    address_space_destroy(process_replace_space(process, program.space));
    arch_frame_init(frame, program.entry, program.stack, program.count, program.vector);
    return (int64_t)program.count; // becomes the result, which may share argc's register
}

// ---- Spawn -------------------------------------------------------------------------------------

static int action_open(struct process *child, const struct spawn_action *action) {
    char path[PATH_MAX];
    struct file *file;
    int error = copy_string_from_user(path, action->path, sizeof(path));
    if (error < 0) return error;
    if (action->flags & ~O_ALL) return -EINVAL;
    if ((error = file_open(path, action->flags, &file))) return error;
    // GRANT: the parent configures the child on purpose.
    error = cap_space_mint_at(&child->capabilities, action->slot, &file->object,
                              file_rights_of_flags(action->flags) | CAP_GRANT,
                              action->flags & O_CLOEXEC ? CAP_CLOSE_ON_SPAWN : 0);
    if (error) object_put(&file->object);
    return error;
}

static int action_dup2(struct process *child, const struct spawn_action *action,
                       enum spawn_inherit inherit) {
    if (inherit == SPAWN_INHERIT_NOTHING)
        return cap_space_inherit_one(&child->capabilities, action->target,
                                     &process_current()->capabilities, action->slot);
    int result = cap_space_dup2(&child->capabilities, action->slot, action->target);
    return result < 0 ? result : 0;
}

static int apply_action(struct process *child, const struct spawn_action *action,
                        enum spawn_inherit inherit) {
    switch (action->kind) {
    case SPAWN_FA_OPEN: return action_open(child, action);
    case SPAWN_FA_DUP2: return action_dup2(child, action, inherit);
    case SPAWN_FA_CLOSE: return cap_space_close_slot(&child->capabilities, action->slot);
    default: return -EINVAL;
    }
}

int process_fill_table(struct process *child, const struct spawn_action *actions,
                       uint32_t action_count, enum spawn_inherit inherit) {
    int error = 0;
    if (inherit != SPAWN_INHERIT_NOTHING)
        error = cap_space_inherit(&child->capabilities, &process_current()->capabilities,
                                  inherit == SPAWN_INHERIT_GRANTABLE);
    for (uint32_t i = 0; !error && i < action_count; i++)
        error = apply_action(child, &actions[i], inherit);
    return error;
}

// Gives a process under construction its program and thread.
static int equip(struct process *process, const char *path, struct argument_block *arguments) {
    struct program program;
    int error = build_program(path, arguments, process->account, &program);
    if (error) return error;
    process->space = program.space;
    name_process(process, path);
    if ((error = process_add_thread(process))) return error;
    arch_frame_init(process_frame(process), program.entry, program.stack, program.count,
                    program.vector);
    return 0;
}

// A reference to the caller's account or a new one in it; NULL if there cannot be one.
static struct account *account_for_child(const struct spawn_attributes *attributes) {
    struct account *account = process_current()->account;
    if (attributes->new_account) return account_create(account, attributes->limit);
    account_get(account);
    return account;
}

int64_t process_spawn(const char *path, struct argument_block *arguments,
                      const struct spawn_action *actions, uint32_t action_count,
                      const struct spawn_attributes *attributes) {
    int error = -EAGAIN;
    struct account *account = account_for_child(attributes);
    struct process *child = account ? process_create(account, &error) : NULL;
    account_put(account); // the child has its own reference
    if (!child) return error;
    process_inherit_attributes(child, process_current());
    process_inherit_directory(child);
    process_apply_attributes(child, attributes);
    error = process_fill_table(child, actions, action_count, attributes->inherit);
    if (!error) error = equip(child, path, arguments);
    int64_t result = error ? error : process_publish(child, process_current());
    if (result < 0) process_abandon(child);
    return result;
}

int process_start_first(const char *path, const char *argument) {
    const char *const strings[] = {path, argument};
    struct argument_block arguments;
    int error = arguments_make(&arguments, strings, argument ? 2 : 1);
    if (error) return error;
    struct process *process = process_create(account_root(), &error);
    if (process) {
        error = equip(process, path, &arguments);
        if (error)
            process_abandon(process);
        else
            process_publish(process, NULL);
    }
    arguments_release(&arguments);
    return error;
}
