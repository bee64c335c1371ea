// SPDX-License-Identifier: MIT
// head [-n COUNT] [FILE ...]: the first lines, ten unless said otherwise.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <line_reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print_first(int descriptor, const char *name, long count) {
    struct line_reader reader;
    char *line = NULL;
    ssize_t length = 0;
    line_reader_init(&reader, descriptor);
    while (count-- > 0 && (length = line_reader_next(&reader, &line)) >= 0) {
        line[length] = '\n';
        if (write_all(STDOUT_FILENO, line, (size_t)length + 1) < 0) exit(1);
    }
    int result = length < 0 && errno != 0;
    if (result) warn("%s", name);
    line_reader_free(&reader);
    return result;
}

int main(int argc, char **argv) {
    long count = 10;
    char *end = "";
    int option, result = 0;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option == 'n') count = strtol(optarg, &end, 10);
        if (option == '?' || *end || count < 0) errx(2, "usage: head [-n COUNT] [FILE ...]");
    }
    if (optind == argc) return print_first(STDIN_FILENO, "standard input", count);
    for (int i = optind; i < argc; i++) {
        int descriptor = open(argv[i], O_RDONLY);
        if (descriptor < 0) {
            warn("%s", argv[i]);
            result = 1;
            continue;
        }
        if (argc - optind > 1) printf("%s==> %s <==\n", i > optind ? "\n" : "", argv[i]);
        result |= print_first(descriptor, argv[i], count);
        close(descriptor);
    }
    return result;
}
