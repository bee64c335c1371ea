// SPDX-License-Identifier: MIT
// ps: the processes. TIME is what a process has spent on a CPU, in seconds; CPU is where it ran
// last; PAGES counts its memory, shared pages included; SLOTS the capabilities that it holds.
#include <err.h>
#include <errno.h>
#include <process.h>
#include <stdio.h>

static const char *state_name(const struct process_info *info) {
    if (info->state == PROCESS_ZOMBIE) return "zombie";
    return info->blocked ? "waiting" : "running";
}

static void print_process(const struct process_info *info) {
    char cpu[12] = "-";
    unsigned long milliseconds = info->run_time / 1000000;
    if (info->state == PROCESS_ALIVE) snprintf(cpu, sizeof(cpu), "%u", info->cpu);
    printf("%5d %6d %5d %-7s %3s %5lu.%03lu %5u %5u %s\n", info->pid, info->parent, info->group,
           state_name(info), cpu, milliseconds / 1000, milliseconds % 1000, info->pages,
           info->slots_live, info->name);
}

int main(void) {
    struct process_info info;
    printf("  PID PARENT GROUP STATE   CPU      TIME PAGES SLOTS NAME\n");
    for (pid_t pid = 1; process_info(pid, &info) > 0; pid = info.pid + 1) print_process(&info);
    if (errno != ESRCH) err(1, "process_info");
    return 0;
}
