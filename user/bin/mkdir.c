// SPDX-License-Identifier: MIT
// mkdir [-p] PATH ...: makes directories, with -p also those above them that are missing.
#include <err.h>
#include <errno.h>
#include <paths.h>
#include <string.h>
#include <unistd.h>

static int make_missing(const char *path) {
    char part[PATH_MAX];
    if (strlcpy(part, path, sizeof(part)) >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
        *slash = 0;
        if (mkdir(part) < 0 && errno != EEXIST) return -1;
        *slash = '/';
    }
    if (mkdir(part) == 0 || (errno == EEXIST && path_is_directory(part))) return 0;
    return -1;
}

int main(int argc, char **argv) {
    bool parents = false;
    int option, result = 0;
    while ((option = getopt(argc, argv, "p")) != -1) {
        if (option == '?') return 2;
        parents = true;
    }
    if (optind == argc) errx(2, "usage: mkdir [-p] PATH ...");
    for (int i = optind; i < argc; i++) {
        if ((parents ? make_missing(argv[i]) : mkdir(argv[i])) == 0) continue;
        warn("%s", argv[i]);
        result = 1;
    }
    return result;
}
