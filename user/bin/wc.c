// SPDX-License-Identifier: MIT
// wc [-lwc] [FILE ...]: counts lines, words and bytes.
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct counts {
    unsigned long lines;
    unsigned long words;
    unsigned long bytes;
};

static bool show_lines, show_words, show_bytes;

static void count_buffer(struct counts *counts, const char *buffer, size_t size, bool *in_word) {
    counts->bytes += size;
    for (size_t i = 0; i < size; i++) {
        counts->lines += buffer[i] == '\n';
        bool belongs = !isspace((unsigned char)buffer[i]);
        counts->words += belongs && !*in_word;
        *in_word = belongs;
    }
}

static int count(int descriptor, const char *name, struct counts *counts) {
    static char buffer[8192];
    bool in_word = false;
    ssize_t size;
    *counts = (struct counts){0};
    while ((size = read(descriptor, buffer, sizeof(buffer))) > 0)
        count_buffer(counts, buffer, (size_t)size, &in_word);
    if (size < 0) warn("%s", name);
    return size < 0;
}

// A single number stands alone, several stand in columns.
static void print_counts(const struct counts *counts, const char *name) {
    const unsigned long value[] = {counts->lines, counts->words, counts->bytes};
    const bool show[] = {show_lines, show_words, show_bytes};
    int width = show_lines + show_words + show_bytes > 1 ? 7 : 1;
    char line[512];
    int length = 0;
    for (int i = 0; i < 3; i++)
        if (show[i])
            length += snprintf(line + length, sizeof(line) - (size_t)length, "%s%*lu",
                               length > 0 ? " " : "", width, value[i]);
    printf("%s%s%s\n", line, *name != '\0' ? " " : "", name);
}

static int count_file(const char *name, struct counts *counts) {
    int descriptor = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY);
    if (descriptor < 0) {
        warn("%s", name);
        return 1;
    }
    int status = count(descriptor, name, counts);
    if (descriptor != STDIN_FILENO) close(descriptor);
    if (status == 0) print_counts(counts, name);
    return status;
}

static int count_files(int argc, char **argv) {
    struct counts counts, total = {0};
    int status = 0;
    for (int i = 0; i < argc; i++) {
        int failed = count_file(argv[i], &counts);
        status |= failed;
        if (failed) continue;
        total.lines += counts.lines;
        total.words += counts.words;
        total.bytes += counts.bytes;
    }
    if (argc > 1) print_counts(&total, "total");
    return status;
}

int main(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "lwc")) != -1) {
        show_lines |= option == 'l';
        show_words |= option == 'w';
        show_bytes |= option == 'c';
        if (option == '?') errx(2, "usage: wc [-lwc] [FILE ...]");
    }
    if (!show_lines && !show_words && !show_bytes) show_lines = show_words = show_bytes = true;
    if (optind < argc) return count_files(argc - optind, argv + optind);
    struct counts counts;
    int status = count(STDIN_FILENO, "standard input", &counts);
    if (status == 0) print_counts(&counts, "");
    return status;
}
