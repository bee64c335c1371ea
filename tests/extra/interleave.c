// SPDX-License-Identifier: MIT
// Two processes that write letters at the same time: in which order depends on the scheduler.
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LETTERS 60

int main(void) {
    static const char *const names = "ab";
    char text[2 * LETTERS + 1] = "";
    int ends[2];
    pipe(ends);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            for (int k = 0; k < LETTERS; k++) write(ends[1], names + i, 1);
            _exit(0);
        }
    wait(NULL);
    wait(NULL);
    read(ends[0], text, 2 * LETTERS);
    printf("%s\n", text);
    return 0;
}
