// SPDX-License-Identifier: MIT
// ls [-al] [PATH ...]: names, sorted; with -l also kind and size, with -a also those that begin
// with a point.
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct name_list {
    char **name;
    size_t count;
    size_t capacity;
};

static bool show_all, show_long;

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void name_list_add(struct name_list *list, const char *name) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity > 0 ? 2 * list->capacity : 32;
        list->name = realloc(list->name, list->capacity * sizeof(*list->name));
        if (list->name == NULL) err(2, "%zu names", list->capacity);
    }
    char *copy = strdup(name);
    if (copy == NULL) err(2, "%s", name);
    list->name[list->count++] = copy;
}

static void name_list_free(struct name_list *list) {
    for (size_t i = 0; i < list->count; i++) free(list->name[i]);
    free(list->name);
}

static const char *kind_name(uint32_t kind) {
    switch (kind) {
    case FILE_KIND_REGULAR: return "file";
    case FILE_KIND_DIRECTORY: return "directory";
    case FILE_KIND_DEVICE: return "device";
    case FILE_KIND_PIPE: return "pipe";
    default: return "?";
    }
}

static int print_entry(const char *path, const char *name) {
    struct stat info;
    if (!show_long) {
        puts(name);
        return 0;
    }
    if (stat(path, &info) < 0) {
        warn("%s", path);
        return 1;
    }
    printf("%-9s %8lu  %s\n", kind_name(info.kind), info.size, name);
    return 0;
}

static int print_entry_of(const char *directory, const char *name) {
    char path[PATH_MAX];
    size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    if (snprintf(path, sizeof(path), "%s%s%s", directory, slash, name) >= (int)sizeof(path)) {
        warnx("%s/%s: name too long", directory, name);
        return 1;
    }
    return print_entry(path, name);
}

static int list_directory(const char *path) {
    struct name_list list = {0};
    int status = 0;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        warn("%s", path);
        return 1;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL; errno = 0)
        if (show_all || entry->d_name[0] != '.') name_list_add(&list, entry->d_name);
    if (errno != 0) {
        warn("%s", path);
        status = 1;
    }
    closedir(directory);
    qsort(list.name, list.count, sizeof(*list.name), compare_names);
    for (size_t i = 0; i < list.count; i++) status |= print_entry_of(path, list.name[i]);
    name_list_free(&list);
    return status;
}

// The operands that are directories, or those that are not.
static int list_operands(int count, char **paths, bool directories) {
    int status = 0;
    for (int i = 0; i < count; i++) {
        struct stat info;
        bool exists = stat(paths[i], &info) == 0;
        if (directories != (exists && S_ISDIR(info.st_mode))) continue;
        if (!exists) {
            warn("%s", paths[i]);
            status = 1;
            continue;
        }
        if (directories && count > 1) printf("%s%s:\n", i > 0 ? "\n" : "", paths[i]);
        status |= directories ? list_directory(paths[i]) : print_entry(paths[i], paths[i]);
    }
    return status;
}

int main(int argc, char **argv) {
    int option, status = 0;
    while ((option = getopt(argc, argv, "al")) != -1) {
        show_all |= option == 'a';
        show_long |= option == 'l';
        if (option == '?') errx(2, "usage: ls [-al] [PATH ...]");
    }
    if (optind == argc) return list_directory(".");
    status = list_operands(argc - optind, argv + optind, false);
    return status | list_operands(argc - optind, argv + optind, true);
}
