// SPDX-License-Identifier: MIT
// cat [FILE ...]: copies files, or standard input (also as "-"), to standard output.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

static int copy(int descriptor, const char *name) {
    static char buffer[8192];
    for (;;) {
        ssize_t size = read(descriptor, buffer, sizeof(buffer));
        if (size < 0) warn("%s", name);
        if (size <= 0) return size < 0;
        if (write_all(STDOUT_FILENO, buffer, (size_t)size) == 0) continue;
        if (errno == EPIPE) // nobody wants the rest
            exit(1);
        err(1, "standard output");
    }
}

static int copy_file(const char *name) {
    if (strcmp(name, "-") == 0) return copy(STDIN_FILENO, "standard input");
    int descriptor = open(name, O_RDONLY);
    if (descriptor < 0) {
        warn("%s", name);
        return 1;
    }
    int status = copy(descriptor, name);
    close(descriptor);
    return status;
}

int main(int argc, char **argv) {
    int status = 0;
    if (argc == 1) return copy_file("-");
    for (int i = 1; i < argc; i++) status |= copy_file(argv[i]);
    return status;
}
