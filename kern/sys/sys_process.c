// SPDX-License-Identifier: MIT
// System calls on processes, time and memory. Each copies its user memory in, validates, and only
// then changes anything. No lock is held here.

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "lib/string.h"
#include "mem/kernel_map.h"
#include "mem/uaccess.h"
#include "proc/arguments.h"
#include "proc/process.h"
#include "sys/handlers.h"

#define SPAWN_ACTIONS_MAX 64

int64_t sys_exit(struct syscall *call) { process_exit((int32_t)(call->argument[0] & 0xff)); }

int64_t sys_fork(struct syscall *call) { return process_fork(call->frame); }

int64_t sys_exec(struct syscall *call) {
    char path[PATH_MAX];
    struct argument_block arguments;
    int error = copy_string_from_user(path, call->argument[0], sizeof(path));
    if (error < 0) return error;
    error = arguments_copy_in(&arguments, call->argument[1], call->argument[2]);
    if (error) return error;
    int64_t result = process_exec(path, &arguments, call->frame);
    arguments_release(&arguments);
    return result;
}

static int copy_attributes(struct spawn_attributes *attributes, uint64_t from) {
    *attributes = (struct spawn_attributes){.inherit = SPAWN_INHERIT_ALL};
    if (from == 0) return 0;
    int error = copy_from_user(attributes, from, sizeof(*attributes));
    if (error) return error;
    if (attributes->reserved != 0 || attributes->new_account > 1) return -EINVAL;
    if (attributes->inherit > SPAWN_INHERIT_GRANTABLE) return -EINVAL;
    return process_check_attributes(attributes);
}

int64_t sys_spawn(struct syscall *call) {
    char path[PATH_MAX];
    struct spawn_action actions[SPAWN_ACTIONS_MAX];
    struct spawn_attributes attributes;
    struct argument_block arguments;
    uint64_t action_count = call->argument[3];
    int error = copy_string_from_user(path, call->argument[0], sizeof(path));
    if (error < 0) return error;
    if (action_count > SPAWN_ACTIONS_MAX) return -EINVAL;
    if ((error = copy_from_user(actions, call->argument[2], action_count * sizeof(actions[0]))))
        return error;
    if ((error = copy_attributes(&attributes, call->argument[4]))) return error;
    error = arguments_copy_in(&arguments, call->argument[1], call->argument[5]);
    if (error) return error;
    int64_t result = process_spawn(path, &arguments, actions, (uint32_t)action_count, &attributes);
    arguments_release(&arguments);
    return result;
}

int64_t sys_wait(struct syscall *call) {
    return process_wait((int64_t)call->argument[0], call->argument[1], (int64_t)call->argument[2]);
}

int64_t sys_getpid(struct syscall *call) {
    (void)call;
    return process_current()->pid;
}

int64_t sys_getppid(struct syscall *call) {
    (void)call;
    return process_parent_pid();
}

int64_t sys_kill(struct syscall *call) {
    return process_kill((int64_t)call->argument[0], STATUS_KILLED);
}

int64_t sys_yield(struct syscall *call) {
    (void)call;
    thread_yield();
    return 0;
}

int64_t sys_sleep(struct syscall *call) {
    int64_t nanoseconds = (int64_t)call->argument[0];
    if (nanoseconds < 0) return -EINVAL;
    uint64_t deadline = clock_now() + (uint64_t)nanoseconds;
    return thread_sleep_until(deadline) == WAKE_TIMEOUT ? 0 : -EINTR;
}

int64_t sys_wall_clock(struct syscall *call) {
    (void)call;
    int64_t now = (int64_t)arch_wall_clock();
    return now > 0 ? now : -ENODEV;
}

int64_t sys_clock(struct syscall *call) {
    (void)call;
    return (int64_t)clock_now();
}

int64_t sys_sbrk(struct syscall *call) {
    uint64_t old;
    int error = address_space_move_heap(address_space_current(), (int64_t)call->argument[0], &old);
    return error ? error : (int64_t)old;
}

int64_t sys_set_group(struct syscall *call) {
    return process_set_group((int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_deny_calls(struct syscall *call) {
    uint64_t denied[SYSCALL_WORDS];
    int error = copy_from_user(denied, call->argument[0], sizeof(denied));
    if (!error) process_deny_calls(process_current(), denied);
    return error;
}

int64_t sys_account_info(struct syscall *call) {
    struct account_info info;
    int64_t error = process_account_info((int64_t)call->argument[0], &info);
    return error ? error : copy_to_user(call->argument[1], &info, sizeof(info));
}

int64_t sys_account_recount(struct syscall *call) {
    struct account_difference difference = {0};
    bool agrees = process_recount(&difference);
    int error = copy_to_user(call->argument[0], &difference, sizeof(difference));
    return error ? error : !agrees;
}

int64_t sys_thread_create(struct syscall *call) {
    return process_create_thread(call->argument[0], call->argument[1], call->argument[2]);
}

int64_t sys_thread_exit(struct syscall *call) { user_thread_end(call->argument[0]); }

int64_t sys_thread_join(struct syscall *call) {
    return process_join_thread((cap_token)call->argument[0], call->argument[1],
                               (int64_t)call->argument[2]);
}

int64_t sys_thread_self(struct syscall *call) {
    (void)call;
    return process_own_thread();
}

int64_t sys_thread_setschedparam(struct syscall *call) {
    return process_set_priority((int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_thread_getschedparam(struct syscall *call) {
    return process_get_priority((int64_t)call->argument[0]);
}

int64_t sys_process_info(struct syscall *call) {
    struct process_info info;
    int64_t pid = process_info((int64_t)call->argument[0], &info);
    if (pid < 0) return pid;
    int error = copy_to_user(call->argument[1], &info, sizeof(info));
    return error ? error : pid;
}

int64_t sys_system_info(struct syscall *call) {
    struct page_statistics pages;
    page_get_statistics(&pages);
    struct system_info info = {
        .pages_total = pages.total,
        .pages_free = pages.free + kernel_stack_pages_cached(),
        .pages_cached = pages.cached,
        .objects_live = object_count_live(),
        .processes = process_count(),
        .processes_max = PROCESSES_MAX,
        .cpus = cpu_count,
    };
    string_copy(info.machine, ARCH_NAME, sizeof(info.machine));
    return copy_to_user(call->argument[0], &info, sizeof(info));
}
