// SPDX-License-Identifier: MIT
// grep [-Fchinqv] PATTERN [FILE ...]: prints the lines that a pattern occurs in. Patterns are
// explained in pattern.h. The status is 0 if there were such lines, 1 if not, 2 after an error.
#include <err.h>
#include <errno.h>
#include <paths.h>
#include <pattern.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    bool fixed;
    bool count;
    bool no_names;
    bool ignore_case;
    bool numbers;
    bool quiet;
    bool invert;
} options;

static struct pattern pattern;
static bool found_any;
static bool show_names;

static void print_line(const char *name, unsigned long number, const char *line, size_t length) {
    if (show_names) printf("%s:", name);
    if (options.numbers) printf("%lu:", number);
    fwrite(line, length, 1, stdout);
    if (putchar('\n') >= 0) return;
    if (errno == EPIPE) // nobody wants the rest
        exit(0);
    err(2, "standard output");
}

static void search(FILE *file, const char *name) {
    unsigned long number = 0, matches = 0;
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t length; (length = getline(&line, &capacity, file)) >= 0;) {
        if (line[length - 1] == '\n') line[--length] = '\0';
        number++;
        if (pattern_matches(&pattern, line, (size_t)length) == options.invert) continue;
        matches++;
        if (options.quiet) exit(0);
        if (!options.count) print_line(name, number, line, (size_t)length);
    }
    free(line);
    if (options.count) printf("%s%s%lu\n", show_names ? name : "", show_names ? ":" : "", matches);
    found_any |= matches > 0;
}

static int search_file(const char *name) {
    FILE *file = input_open(name);
    if (file == NULL) return 2;
    search(file, name);
    return 2 * input_close(file, name);
}

static void parse_options(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "Fchinqv")) != -1) {
        options.fixed |= option == 'F';
        options.count |= option == 'c';
        options.no_names |= option == 'h';
        options.ignore_case |= option == 'i';
        options.numbers |= option == 'n';
        options.quiet |= option == 'q';
        options.invert |= option == 'v';
        if (option == '?') optind = argc;
    }
    if (optind >= argc) errx(2, "usage: grep [-Fchinqv] PATTERN [FILE ...]");
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    const char *text = argv[optind++];
    bool valid = options.fixed ? pattern_compile_fixed(&pattern, text, options.ignore_case)
                               : pattern_compile(&pattern, text, options.ignore_case);
    if (!valid) errx(2, "the pattern is longer than %d or ends in \\", PATTERN_MAX);
    show_names = argc - optind > 1 && !options.no_names;
    int status = 0;
    if (optind == argc) status = search_file("-");
    for (; optind < argc; optind++) status |= search_file(argv[optind]);
    return status != 0 ? status : !found_any;
}
