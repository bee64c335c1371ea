// SPDX-License-Identifier: MIT
// find [PATH ...] [-name PATTERN] [-type d|f]: the paths of all that is there. In a pattern * is
// any text, ? any character, [a-z] one of some.
#include <err.h>
#include <fnmatch.h>
#include <paths.h>
#include <stdio.h>
#include <string.h>

struct wanted {
    const char *pattern; // NULL: any
    char type;           // 0: any
};

static int visit(const char *path, const struct stat *status, void *context) {
    const struct wanted *wanted = context;
    char name[PATH_MAX];
    path_last_name(name, path);
    bool fits = !wanted->type || (wanted->type == 'd') == !!S_ISDIR(status->st_mode);
    if (fits && (!wanted->pattern || fnmatch(wanted->pattern, name, 0) == 0)) puts(path);
    return 0;
}

static _Noreturn void usage(void) { errx(2, "usage: find [PATH ...] [-name PATTERN] [-type d|f]"); }

int main(int argc, char **argv) {
    struct wanted wanted = {NULL, 0};
    int paths = 1, result = 0;
    while (paths < argc && argv[paths][0] != '-') paths++;
    for (int i = paths; i < argc; i += 2) {
        if (i + 1 == argc) usage();
        if (strcmp(argv[i], "-name") == 0)
            wanted.pattern = argv[i + 1];
        else if (strcmp(argv[i], "-type") == 0 && strlen(argv[i + 1]) == 1 &&
                 strchr("df", argv[i + 1][0]))
            wanted.type = argv[i + 1][0];
        else
            usage();
    }
    if (paths == 1) return path_walk(".", false, visit, &wanted);
    for (int i = 1; i < paths; i++) result |= path_walk(argv[i], false, visit, &wanted);
    return result;
}
