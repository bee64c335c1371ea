// SPDX-License-Identifier: MIT
// The list is made anew each time: what was given up before comes back.
//
// function:  kern/proc/attributes.c:process_deny_calls
// breaks:    P15
// caught by: allow-list
// like:      a restriction lost on a second call (CVE-2024-42318)

void process_deny_calls(struct process *process, const uint64_t denied[SYSCALL_WORDS]) {
    for (uint32_t number = 0; number < SYSCALL_MAX; number++)
        if (process->syscalls_allowed[SYS_exit])
            process->syscalls_allowed[number] =
                number == SYS_exit || !(denied[number / 64] >> (number % 64) & 1);
}
