// SPDX-License-Identifier: MIT
// Starting storms. The scale is set once, before any process is started.
#include "storm.h"
#include "../check.h"

#include <string.h>

int storm_scale = 1;

void storm_take_options(int *argc, char ***argv) {
    if (*argc > 1 && strcmp((*argv)[1], "--long") == 0) {
        storm_scale = 10;
        (*argv)[1] = (*argv)[0];
        --*argc;
        ++*argv;
    }
}

void storm(void (*work)(int worker)) {
    int64_t workers[STORM_WORKERS];
    for (int i = 0; i < STORM_WORKERS; i++) {
        workers[i] = check_fork();
        if (workers[i] == 0) {
            work(i);
            sys(exit, 0);
        }
    }
    for (int i = 0; i < STORM_WORKERS; i++) CHECK_EQUAL(check_wait(workers[i]), 0);
}
