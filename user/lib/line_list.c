// SPDX-License-Identifier: MIT
// All lines of some files in memory.
#include <line_list.h>

#include <err.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct line_list *list, char *line) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->line = realloc(list->line, list->capacity * sizeof(*list->line));
    }
    if (!list->line || !(list->line[list->count] = strdup(line))) errx(1, "out of memory");
    list->count++;
}

int line_list_read(struct line_list *list, const char *path) {
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = input_open(path);
    if (file == NULL) return 1;
    for (ssize_t length; (length = getline(&line, &capacity, file)) >= 0;) {
        if (line[length - 1] == '\n') line[length - 1] = '\0';
        add(list, line);
    }
    free(line);
    return input_close(file, path);
}
