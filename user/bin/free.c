// SPDX-License-Identifier: MIT
// free: how much memory there is, and how many processes and objects.
#include <err.h>
#include <stdio.h>
#include <syscalls.h>

#define KIB_PER_PAGE 4

int main(void) {
    struct system_info info;
    if (sys_system_info(&info) < 0) errx(1, "the system says nothing");
    printf("memory     %8lu KiB, %lu free, %lu cached\n", info.pages_total * KIB_PER_PAGE,
           info.pages_free * KIB_PER_PAGE, info.pages_cached * KIB_PER_PAGE);
    printf("processes  %8u, of at most %u\n", info.processes, info.processes_max);
    printf("objects    %8lu\n", info.objects_live);
    return 0;
}
