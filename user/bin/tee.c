// SPDX-License-Identifier: MIT
// tee [-a] FILE ...: copies standard input to standard output and to files, with -a to their ends.
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#define FILES_MAX 16

int main(int argc, char **argv) {
    static char buffer[8192];
    int descriptors[FILES_MAX + 1] = {STDOUT_FILENO}, count = 1, result = 0, option;
    int flags = O_WRONLY | O_CREAT | O_TRUNC;
    while ((option = getopt(argc, argv, "a")) != -1) {
        if (option == '?') return 2;
        flags = O_WRONLY | O_CREAT | O_APPEND;
    }
    if (argc - optind > FILES_MAX) errx(2, "at most %d files", FILES_MAX);
    for (int i = optind; i < argc; i++) {
        descriptors[count] = open(argv[i], flags);
        if (descriptors[count] < 0) {
            warn("%s", argv[i]);
            result = 1;
        } else {
            count++;
        }
    }
    ssize_t size;
    while ((size = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
        for (int i = 0; i < count; i++)
            if (write_all(descriptors[i], buffer, (size_t)size) < 0)
                err(1, i == 0 ? "standard output" : "a file");
    if (size < 0) err(1, "standard input");
    return result;
}
