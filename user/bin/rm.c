// SPDX-License-Identifier: MIT
// rm [-rf] PATH ...: removes files, with -r also directories and what is in them. With -f nothing
// is said of what is not there.
#include <err.h>
#include <errno.h>
#include <paths.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *status, void *context) {
    (void)status, (void)context;
    if (unlink(path) == 0) return 0;
    warn("%s", path);
    return 1;
}

static int remove_operand(const char *path, bool recursive, bool force) {
    struct stat status;
    char name[PATH_MAX];
    path_last_name(name, path);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0) {
        warnx("%s is not removed", path);
        return 1;
    }
    if (stat(path, &status) < 0) {
        if (force && errno == ENOENT) return 0;
        warn("%s", path);
        return 1;
    }
    if (!S_ISDIR(status.st_mode)) return remove_one(path, &status, NULL);
    if (recursive) return path_walk(path, true, remove_one, NULL);
    warnx("%s is a directory; -r removes it with all that is in it", path);
    return 1;
}

int main(int argc, char **argv) {
    bool recursive = false, force = false;
    int option, result = 0;
    while ((option = getopt(argc, argv, "rf")) != -1) {
        if (option == '?') return 2;
        recursive |= option == 'r';
        force |= option == 'f';
    }
    if (optind == argc && !force) errx(2, "usage: rm [-rf] PATH ...");
    for (int i = optind; i < argc; i++) result |= remove_operand(argv[i], recursive, force);
    return result;
}
