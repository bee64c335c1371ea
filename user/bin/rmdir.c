// SPDX-License-Identifier: MIT
// rmdir PATH ...: removes empty directories.
#include <err.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int result = 0;
    if (argc == 1) errx(2, "usage: rmdir PATH ...");
    for (int i = 1; i < argc; i++) {
        if (rmdir(argv[i]) == 0) continue;
        warn("%s", argv[i]);
        result = 1;
    }
    return result;
}
