// SPDX-License-Identifier: MIT
// uptime: how long the machine has been running, and with what.
#include <stdio.h>
#include <syscalls.h>
#include <time.h>

int main(void) {
    struct system_info info = {.cpus = 0};
    unsigned long seconds = clock_nanoseconds() / 1000000000;
    sys_system_info(&info);
    printf("up %lu:%02lu:%02lu, %u CPUs, %u processes\n", seconds / 3600, seconds / 60 % 60,
           seconds % 60, info.cpus, info.processes);
    return 0;
}
