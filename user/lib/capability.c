// SPDX-License-Identifier: MIT
// The capability table: the library's forms of the calls.
#include <capability.h>
#include <events.h>
#include <syscalls.h>
#include "result.h"

cap_token cap_get_token(int slot, enum cap_type type) {
    return result_or_errno(sys_cap_get_token(slot, type));
}

int cap_drop(cap_token token) { return (int)result_or_errno(sys_cap_drop(token)); }

int cap_stat(int slot, struct cap_info *info) {
    return (int)result_or_errno(sys_cap_stat(slot, info));
}

int cap_setflags(int slot, uint32_t flags) {
    return (int)result_or_errno(sys_cap_setflags(slot, flags));
}

int cap_inspect(pid_t pid, int slot, struct cap_info *info) {
    return (int)result_or_errno(sys_cap_inspect(pid, slot, info));
}

cap_token cap_transfer(cap_token token, pid_t pid, uint32_t rights, int *slot) {
    return result_or_errno(sys_cap_transfer(token, pid, rights, slot));
}

int cap_accept(enum cap_accept who) { return (int)result_or_errno(sys_cap_accept(who)); }

int cap_revoke_delegate(cap_token token) {
    return (int)result_or_errno(sys_cap_revoke_delegate(token));
}

const char *cap_type_name(uint32_t type) {
#define CAP_TYPE_TEXT(name, code, text) [code] = text,
    static const char *const names[] = {CAP_TYPE_LIST(CAP_TYPE_TEXT)};
#undef CAP_TYPE_TEXT
    if (type >= CAP_TYPE_END || names[type] == NULL) return "?";
    return names[type];
}

// ---- Events ------------------------------------------------------------------------------------

int events_control(int wanted) { return (int)result_or_errno(sys_events_control(wanted)); }

ssize_t events_read(uint64_t sequence, struct event *events, size_t count) {
    ssize_t size = result_or_errno(sys_events_read(sequence, events, count * sizeof(*events)));
    return size < 0 ? size : size / (ssize_t)sizeof(*events);
}
