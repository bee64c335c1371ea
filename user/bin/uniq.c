// SPDX-License-Identifier: MIT
// uniq [-c] [FILE]: leaves out lines that equal the one before; with -c their number stands in
// front.
#include <err.h>
#include <line_list.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct line_list list = {.count = 0};
    bool counted = false;
    int option;
    while ((option = getopt(argc, argv, "c")) != -1) {
        if (option == '?') errx(2, "usage: uniq [-c] [FILE]");
        counted = true;
    }
    if (argc - optind > 1) errx(2, "usage: uniq [-c] [FILE]");
    int result = line_list_read(&list, optind < argc ? argv[optind] : "-");
    for (size_t i = 0, next; i < list.count; i = next) {
        next = i + 1;
        while (next < list.count && strcmp(list.line[i], list.line[next]) == 0) next++;
        if (counted) printf("%7lu ", (unsigned long)(next - i));
        puts(list.line[i]);
    }
    return result;
}
