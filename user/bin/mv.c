// SPDX-License-Identifier: MIT
// mv SOURCE ... TARGET: moves files and directories within a file system.
#include <err.h>
#include <errno.h>
#include <paths.h>
#include <stdio.h>

static int move(const char *source, const char *target) {
    char place[PATH_MAX];
    if (path_target(place, source, target) == 0 && rename(source, place) == 0) return 0;
    if (errno == EXDEV)
        warnx("%s and %s are on different file systems; use cp -r and rm -r", source, target);
    else
        warn("%s to %s", source, target);
    return 1;
}

int main(int argc, char **argv) {
    int result = 0;
    if (argc < 3) errx(2, "usage: mv SOURCE ... TARGET");
    const char *target = argv[argc - 1];
    if (argc > 3 && !path_is_directory(target)) errx(1, "%s: not a directory", target);
    for (int i = 1; i < argc - 1; i++) result |= move(argv[i], target);
    return result;
}
