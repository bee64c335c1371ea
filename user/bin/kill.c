// SPDX-License-Identifier: MIT
// kill [-g] PID ...: ends processes, or with -g the groups with these numbers.
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int kill_one(const char *text, int sign) {
    char *end;
    long pid = strtol(text, &end, 10);
    if (!isdigit(text[0]) || *end != '\0' || pid < 1 || pid > INT_MAX) {
        warnx("%s: not a process number", text);
        return 2;
    }
    if (kill(sign * (pid_t)pid, SIGKILL) == 0) return 0;
    warn("%s", text);
    return 1;
}

int main(int argc, char **argv) {
    int option, sign = 1, status = 0;
    while ((option = getopt(argc, argv, "g")) != -1) {
        if (option == '?') return 2;
        sign = -1;
    }
    if (optind == argc) errx(2, "usage: kill [-g] PID ...");
    for (; optind < argc; optind++) status |= kill_one(argv[optind], sign);
    return status;
}
