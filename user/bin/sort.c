// SPDX-License-Identifier: MIT
// sort [-nru] [FILE ...]: lines in order; -n by the number that they begin with, -r the other way
// round, -u each once.
#include <err.h>
#include <line_list.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool numeric, reverse;

static int compare_numbers(const char *a, const char *b) {
    long first = strtol(a, NULL, 10), second = strtol(b, NULL, 10);
    return (first > second) - (first < second);
}

static int compare(const void *a, const void *b) {
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    int order = numeric ? compare_numbers(first, second) : 0;
    if (order == 0) order = strcmp(first, second);
    return reverse ? -order : order;
}

static bool is_again(const struct line_list *list, size_t i) {
    if (i == 0) return false;
    const char *line = list->line[i], *before = list->line[i - 1];
    return numeric ? compare_numbers(line, before) == 0 : strcmp(line, before) == 0;
}

int main(int argc, char **argv) {
    struct line_list list = {.count = 0};
    bool once = false;
    int option, result = 0;
    while ((option = getopt(argc, argv, "nru")) != -1) {
        if (option == '?') errx(2, "usage: sort [-nru] [FILE ...]");
        numeric |= option == 'n';
        reverse |= option == 'r';
        once |= option == 'u';
    }
    if (optind == argc) result = line_list_read(&list, "-");
    for (int i = optind; i < argc; i++) result |= line_list_read(&list, argv[i]);
    if (list.count > 0) qsort(list.line, list.count, sizeof(*list.line), compare);
    for (size_t i = 0; i < list.count; i++)
        if (!once || !is_again(&list, i)) puts(list.line[i]);
    return result;
}
