// SPDX-License-Identifier: MIT
// od [-x | -c] [FILE]: bytes as numbers, sixteen to a line: octal, with -x hexadecimal, with -c as
// characters where they are any. Called as hexdump it shows hexadecimal numbers and characters.
#include <err.h>
#include <fcntl.h>
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

static int dump(int descriptor, const char *name, char format) {
    unsigned char bytes[PER_LINE];
    unsigned long offset = 0;
    size_t filled = 0;
    for (;;) {
        ssize_t size = read(descriptor, bytes + filled, PER_LINE - filled);
        if (size < 0) {
            warn("%s", name);
            return 1;
        }
        filled += (size_t)size;
        if (size > 0 && filled < PER_LINE) continue;
        if (filled > 0) print_line(bytes, filled, offset, format);
        offset += filled;
        filled = 0;
        if (size == 0) break;
    }
    print_line(bytes, 0, offset, format == 'h' ? 'x' : format);
    return 0;
}

int main(int argc, char **argv) {
    char format = strcmp(getprogname(), "hexdump") == 0 ? 'h' : 'o';
    int option;
    while ((option = getopt(argc, argv, "xc")) != -1) {
        if (option == '?') errx(2, "usage: %s [-x | -c] [FILE]", getprogname());
        format = (char)option;
    }
    if (argc - optind > 1) errx(2, "usage: %s [-x | -c] [FILE]", getprogname());
    if (optind == argc) return dump(STDIN_FILENO, "standard input", format);
    int descriptor = open(argv[optind], O_RDONLY);
    if (descriptor < 0) err(1, "%s", argv[optind]);
    return dump(descriptor, argv[optind], format);
}
