// SPDX-License-Identifier: MIT
// echo: prints its arguments, with -n without a newline. It is one write(), so that the lines of
// several processes do not mix.
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int first = argc > 1 && strcmp(argv[1], "-n") == 0 ? 2 : 1;
    size_t size = 1;
    for (int i = first; i < argc; i++) size += strlen(argv[i]) + 1;
    char *text = malloc(size);
    if (text == NULL) err(1, "%d arguments", argc - 1);
    char *end = text;
    for (int i = first; i < argc; i++) {
        size_t length = strlen(argv[i]);
        memcpy(end, argv[i], length);
        end += length;
        if (i + 1 < argc) *end++ = ' ';
    }
    if (first == 1) *end++ = '\n';
    if (write_all(STDOUT_FILENO, text, (size_t)(end - text)) < 0) err(1, "standard output");
    return 0;
}
