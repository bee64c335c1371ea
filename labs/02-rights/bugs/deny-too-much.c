// SPDX-License-Identifier: MIT
// The whole group of eight calls goes.
//
// function:  kern/proc/attributes.c:process_deny_calls
// breaks:    P15
// caught by: allow-list
// like:      a mistake that students make

void process_deny_calls(struct process *process, const uint64_t denied[SYSCALL_WORDS]) {
    for (uint32_t number = 0; number < SYSCALL_MAX; number++)
        if (denied[number / 64] >> (number % 64 & ~7u) & 0xff && number != SYS_exit)
            process->syscalls_allowed[number] = 0;
}
