// SPDX-License-Identifier: MIT
// caps [PID]: a process's capability table; without a number that of caps itself, which it has
// inherited from the shell, slot by slot, plus the handle of its own thread.
// caps -d: who has delegated what to whom. caps -g: the authority of all processes as a graph.
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"

static pid_t parse_pid(const char *text) {
    char *end;
    long pid = strtol(text, &end, 10);
    if (!isdigit(text[0]) || *end != '\0' || pid < 1 || pid > INT_MAX)
        errx(2, "%s: not a process number", text);
    return (pid_t)pid;
}

int main(int argc, char **argv) {
    struct snapshot snapshot;
    if (argc > 2) errx(2, "usage: caps [PID | -d | -g]");
    if (argc < 2 || argv[1][0] != '-') {
        print_table(argc > 1 ? parse_pid(argv[1]) : 0);
        return 0;
    }
    bool is_graph = strcmp(argv[1], "-g") == 0;
    if (!is_graph && strcmp(argv[1], "-d") != 0) errx(2, "usage: caps [PID | -d | -g]");
    snapshot_take(&snapshot);
    if (is_graph)
        print_graph(&snapshot);
    else
        print_delegations(&snapshot);
    return 0;
}
