// SPDX-License-Identifier: MIT
// The first process: gives the shell the console, takes care of orphans, and turns the machine off
// when the session is over. With an argument the shell runs that script instead of a session.
#include <err.h>
#include <errno.h>
#include <paths.h>
#include <fcntl.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHELL "/bin/sh"

// A shell that faults so often, and each time so soon, will not do better next time.
#define FAULTS_MAX    5
#define SOON          UINT64_C(1000000000)
#define STATUS_BROKEN 126

// Descriptors 0, 1 and 2, with the right to hand them on: whoever is at the console may use spawn.
static int open_console(void) {
    if (open("/dev/console", O_RDWR | O_GRANT) != 0) return -1;
    return dup(0) == 1 && dup(0) == 2 ? 0 : -1;
}

static _Noreturn void power_off(int status) {
    int power = open("/dev/power", O_WRONLY);
    if (power < 0 || dprintf(power, "%d\n", status) < 0) warn("/dev/power");
    for (;;) {
        if (wait(NULL) < 0) sleep(1);
    }
}

// Runs a program to its end. Its status as wait() reports it; reaps the orphans that end meanwhile.
static int run(char *const argv[]) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        err(errno == ENOENT ? 127 : STATUS_BROKEN, "%s", argv[0]);
    }
    if (child < 0) {
        warn("cannot start %s", argv[0]);
        return STATUS_BROKEN;
    }
    for (;;) {
        pid_t ended = wait(&status);
        if (ended == child) return status;
        if (ended < 0) {
            warn("wait");
            return STATUS_BROKEN;
        }
    }
}

// A session at the console. A shell that is ended by a fault is started again.
static int run_session(void) {
    char *shell[] = {SHELL, NULL};
    printf("\nWelcome to capv6. Programs are in /bin; caps shows what you hold. Ctrl-D leaves.\n");
    for (int soon = 0;;) {
        uint64_t start = clock_nanoseconds();
        int status = run(shell);
        if (WIFEXITED(status)) return status;
        soon = clock_nanoseconds() - start < SOON ? soon + 1 : 0;
        if (soon == FAULTS_MAX) return status;
        printf("init: the shell was ended (%s); here is a new one\n", status_reason(status));
    }
}

int main(int argc, char **argv) {
    if (open_console() < 0) power_off(STATUS_BROKEN);
    setenv("PATH", "/bin:/run", 1);
    if (path_is_directory("/home")) setenv("HOME", "/home", 1);
    char *script[] = {SHELL, argc > 1 ? argv[1] : NULL, NULL};
    int status = argc > 1 ? run(script) : run_session();
    power_off(STATUS_SHELL(status));
}
