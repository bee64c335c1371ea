// SPDX-License-Identifier: MIT
// The least time that fork, exit and wait took in twenty rounds: with the instruction counter on,
// how many instructions they need. A round into which the host's answer to a device falls takes
// longer.
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    unsigned long long least = ~0ull;
    for (int i = 0; i < 20; i++) {
        unsigned long long start = clock_nanoseconds();
        if (fork() == 0) _exit(0);
        wait(NULL);
        unsigned long long time = clock_nanoseconds() - start;
        if (time < least) least = time;
    }
    printf("%llu\n", least);
    return 0;
}
