// SPDX-License-Identifier: MIT
// System calls on the capability table itself: they take bare numbers and tokens, which cap/
// validates under the table's lock.

#include "abi/errno.h"
#include "mem/uaccess.h"
#include "proc/process.h"
#include "sys/handlers.h"

static struct cap_space *own_table(void) { return &process_current()->capabilities; }

int64_t sys_close(struct syscall *call) {
    return cap_space_close_slot(own_table(), (int64_t)call->argument[0]);
}

int64_t sys_dup(struct syscall *call) {
    return cap_space_dup(own_table(), (int64_t)call->argument[0]);
}

int64_t sys_dup2(struct syscall *call) {
    return cap_space_dup2(own_table(), (int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_cap_get_token(struct syscall *call) {
    return cap_space_get_token(own_table(), (int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_cap_drop(struct syscall *call) {
    return cap_space_drop(own_table(), (cap_token)call->argument[0]);
}

int64_t sys_cap_setflags(struct syscall *call) {
    return cap_space_set_flags(own_table(), (int64_t)call->argument[0], (int64_t)call->argument[1]);
}

int64_t sys_cap_stat(struct syscall *call) {
    struct cap_info info;
    int error = cap_space_stat(own_table(), (int64_t)call->argument[0], &info);
    return error ? error : copy_to_user(call->argument[1], &info, sizeof(info));
}

int64_t sys_cap_transfer(struct syscall *call) {
    return process_transfer((cap_token)call->argument[0], (int64_t)call->argument[1],
                            call->argument[2], call->argument[3]);
}

int64_t sys_cap_accept(struct syscall *call) {
    return cap_space_accept(own_table(), (int64_t)call->argument[0]);
}

int64_t sys_cap_revoke_delegate(struct syscall *call) {
    return process_revoke((cap_token)call->argument[0]);
}

int64_t sys_cap_inspect(struct syscall *call) {
    struct cap_info info;
    int64_t error =
        process_inspect_slot((int64_t)call->argument[0], (int64_t)call->argument[1], &info);
    return error ? error : copy_to_user(call->argument[2], &info, sizeof(info));
}
