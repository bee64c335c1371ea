// SPDX-License-Identifier: MIT
// All lines of some files in memory.
#include <line_list.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <line_reader.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(struct line_list *list, const char *line) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->line = realloc(list->line, list->capacity * sizeof(*list->line));
    }
    if (!list->line || !(list->line[list->count] = strdup(line))) errx(1, "out of memory");
    list->count++;
}

int line_list_read(struct line_list *list, const char *path) {
    struct line_reader reader;
    char *line;
    int descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY);
    if (descriptor < 0) {
        warn("%s", path);
        return 1;
    }
    line_reader_init(&reader, descriptor);
    while (line_reader_next(&reader, &line) >= 0) add(list, line);
    int result = errno != 0;
    if (result) warn("%s", path);
    line_reader_free(&reader);
    if (descriptor != STDIN_FILENO) close(descriptor);
    return result;
}
