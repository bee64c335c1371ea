// SPDX-License-Identifier: MIT
// head [-n COUNT] [FILE ...]: the first lines, ten unless said otherwise.
#include <err.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int print_first(const char *path, long count) {
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = input_open(path);
    if (file == NULL) return 1;
    for (ssize_t length; count > 0 && (length = getline(&line, &capacity, file)) >= 0; count--)
        if (fwrite(line, (size_t)length, 1, stdout) == 0) exit(1);
    free(line);
    return input_close(file, path);
}

int main(int argc, char **argv) {
    long count = 10;
    char *end = "";
    int option, result = 0;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option == 'n') count = strtol(optarg, &end, 10);
        if (option == '?' || *end || count < 0) errx(2, "usage: head [-n COUNT] [FILE ...]");
    }
    if (optind == argc) return print_first("-", count);
    for (int i = optind; i < argc; i++) {
        if (argc - optind > 1) printf("%s==> %s <==\n", i > optind ? "\n" : "", argv[i]);
        result |= print_first(argv[i], count);
    }
    return result;
}
