// SPDX-License-Identifier: MIT
// tail [-n COUNT] [FILE]: the last lines, ten unless said otherwise.
#include <err.h>
#include <line_list.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct line_list list = {.count = 0};
    long count = 10;
    char *end = "";
    int option;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option == 'n') count = strtol(optarg, &end, 10);
        if (option == '?' || *end || count < 0) errx(2, "usage: tail [-n COUNT] [FILE]");
    }
    if (argc - optind > 1) errx(2, "usage: tail [-n COUNT] [FILE]");
    int result = line_list_read(&list, optind < argc ? argv[optind] : "-");
    size_t first = list.count > (size_t)count ? list.count - (size_t)count : 0;
    for (size_t i = first; i < list.count; i++) puts(list.line[i]);
    return result;
}
