// SPDX-License-Identifier: MIT
// od [-x | -c] [FILE]: bytes as numbers, sixteen to a line: octal, with -x hexadecimal, with -c as
// characters where they are any. Called as hexdump it shows hexadecimal numbers and characters.
#include <err.h>
#include <paths.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PER_LINE 16

static bool is_printable(unsigned char byte) { return byte >= ' ' && byte < 0x7f; }

static void format_byte(char *text, size_t size, unsigned char byte, char format) {
    if (format == 'h' || format == 'x')
        snprintf(text, size, " %02x", byte);
    else if (format == 'c' && byte == '\n')
        snprintf(text, size, "  \\n");
    else if (format == 'c' && byte == '\t')
        snprintf(text, size, "  \\t");
    else if (format == 'c' && is_printable(byte))
        snprintf(text, size, "   %c", byte);
    else
        snprintf(text, size, " %03o", byte);
}

static void print_line(const unsigned char *bytes, size_t size, unsigned long offset, char format) {
    char line[160], part[8];
    snprintf(line, sizeof(line), format == 'h' || format == 'x' ? "%08lx" : "%07lo", offset);
    for (size_t i = 0; i < size; i++) {
        format_byte(part, sizeof(part), bytes[i], format);
        strlcat(line, part, sizeof(line));
    }
    if (format == 'h') {
        size_t length = strlen(line);
        snprintf(line + length, sizeof(line) - length, "%*s  |", (int)(PER_LINE - size) * 3, "");
        for (size_t i = 0; i < size; i++) {
            char text[2] = {is_printable(bytes[i]) ? (char)bytes[i] : '.', 0};
            strlcat(line, text, sizeof(line));
        }
        strlcat(line, "|", sizeof(line));
    }
    puts(line);
}

static int dump(const char *path, char format) {
    unsigned char bytes[PER_LINE];
    unsigned long offset = 0;
    FILE *file = input_open(path);
    if (file == NULL) return 1;
    for (size_t size; (size = fread(bytes, 1, PER_LINE, file)) > 0; offset += size)
        print_line(bytes, size, offset, format);
    int result = input_close(file, path);
    if (result == 0) print_line(bytes, 0, offset, format == 'h' ? 'x' : format);
    return result;
}

int main(int argc, char **argv) {
    char format = strcmp(getprogname(), "hexdump") == 0 ? 'h' : 'o';
    int option;
    while ((option = getopt(argc, argv, "xc")) != -1) {
        if (option == '?') errx(2, "usage: %s [-x | -c] [FILE]", getprogname());
        format = (char)option;
    }
    if (argc - optind > 1) errx(2, "usage: %s [-x | -c] [FILE]", getprogname());
    return dump(optind < argc ? argv[optind] : "-", format);
}
