// SPDX-License-Identifier: MIT
// For the tests of `make run ICOUNT=1`: prints the clock, which then tells how many instructions
// were executed, before and after some work with other processes.
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    printf("%llu\n", (unsigned long long)clock_nanoseconds());
    for (int i = 0; i < 20; i++) {
        if (fork() == 0) _exit(0);
        wait(NULL);
    }
    printf("%llu\n", (unsigned long long)clock_nanoseconds());
    return 0;
}
