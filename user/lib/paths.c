// SPDX-License-Identifier: MIT
// Paths as text, walking trees, files that are read as operands.
#include <paths.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void path_last_name(char *name, const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') start--;
    if (start == end) start = 0; // the root
    size_t length = end - start < PATH_MAX ? end - start : PATH_MAX - 1;
    memcpy(name, path + start, length);
    name[length] = 0;
}

int path_join(char *joined, const char *directory, const char *name) {
    size_t length = strlen(directory);
    const char *between = length > 0 && directory[length - 1] == '/' ? "" : "/";
    if (snprintf(joined, PATH_MAX, "%s%s%s", directory, between, name) < PATH_MAX) return 0;
    errno = ENAMETOOLONG;
    return -1;
}

bool path_is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int path_target(char *joined, const char *source, const char *target) {
    char name[PATH_MAX];
    if (path_is_directory(target)) {
        path_last_name(name, source);
        return path_join(joined, target, name);
    }
    if (strlcpy(joined, target, PATH_MAX) < PATH_MAX) return 0;
    errno = ENAMETOOLONG;
    return -1;
}

// ---- Trees -------------------------------------------------------------------------------------

struct walk {
    bool contents_first;
    int (*visit)(const char *path, const struct stat *status, void *context);
    void *context;
};

static int walk_path(const struct walk *walk, const char *path);

// The names are read before anything is done with them, since that may change the directory.
static int walk_contents(const struct walk *walk, const char *path) {
    const struct dirent *entry;
    char **names = NULL;
    size_t count = 0;
    int result = 0;
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory))) {
        char **more = realloc(names, (count + 1) * sizeof(*names));
        if (!more || !(more[count] = strdup(entry->d_name))) err(1, "%s", path);
        names = more;
        count++;
    }
    if (!directory || closedir(directory) < 0) {
        warn("%s", path);
        result = 1;
    }
    for (size_t i = 0; i < count; i++) {
        char *inner = malloc(PATH_MAX);
        if (!inner) err(1, "%s", path);
        if (path_join(inner, path, names[i]) < 0) {
            warn("%s/%s", path, names[i]);
            result = 1;
        } else {
            result |= walk_path(walk, inner);
        }
        free(inner);
        free(names[i]);
    }
    free(names);
    return result;
}

static int walk_path(const struct walk *walk, const char *path) {
    struct stat status;
    int result = 0;
    if (stat(path, &status) < 0) {
        warn("%s", path);
        return 1;
    }
    if (!walk->contents_first) result = walk->visit(path, &status, walk->context) != 0;
    if (S_ISDIR(status.st_mode) && !result) result = walk_contents(walk, path);
    if (walk->contents_first) result |= walk->visit(path, &status, walk->context) != 0;
    return result;
}

int path_walk(const char *path, bool contents_first,
              int (*visit)(const char *path, const struct stat *status, void *context),
              void *context) {
    struct walk walk = {contents_first, visit, context};
    return walk_path(&walk, path);
}

FILE *input_open(const char *path) {
    FILE *input = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (input == NULL) warn("%s", path);
    return input;
}

int input_close(FILE *input, const char *path) {
    int error = ferror(input);
    if (input != stdin) fclose(input);
    errno = error;
    if (error) warn("%s", input == stdin ? "standard input" : path);
    return error != 0;
}
