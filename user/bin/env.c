// SPDX-License-Identifier: MIT
// env [-i] [NAME=VALUE ...] [COMMAND ARGUMENT ...]: runs a command with a changed environment, with
// -i an empty one; without a command prints it.
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "i")) != -1) {
        if (option == '?') errx(125, "usage: env [-i] [NAME=VALUE ...] [COMMAND ARGUMENT ...]");
        clearenv();
    }
    for (char *equals; optind < argc && (equals = strchr(argv[optind], '=')) != NULL; optind++) {
        *equals = '\0';
        if (setenv(argv[optind], equals + 1, 1) < 0) err(125, "%s", argv[optind]);
    }
    if (optind < argc) {
        execvp(argv[optind], argv + optind);
        err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
    }
    for (char **string = environ; *string != NULL; string++) puts(*string);
    return 0;
}
