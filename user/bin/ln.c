// SPDX-License-Identifier: MIT
// ln FILE TARGET: gives a file another name, or the same in the directory TARGET.
#include <err.h>
#include <paths.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char place[PATH_MAX];
    if (argc != 3) errx(2, "usage: ln FILE TARGET");
    if (path_target(place, argv[1], argv[2]) < 0 || link(argv[1], place) < 0)
        err(1, "%s to %s", argv[1], argv[2]);
    return 0;
}
