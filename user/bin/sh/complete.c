// SPDX-License-Identifier: MIT
// The names that fit a word, and what is done with them. Nothing here comes from the arena: the
// parser may be in the middle of a word in it.
#include "complete.h"
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "shell.h"

#define LISTED_MAX 200 // candidates that are shown
#define WIDTH      80

// Names that begin like the word's last part; those of directories end in a slash.
struct candidates {
    char **name;
    size_t count;
    size_t capacity;
};

static void candidates_free(struct candidates *candidates) {
    for (size_t i = 0; i < candidates->count; i++) free(candidates->name[i]);
    free(candidates->name);
}

// Without memory there are fewer candidates.
static void candidates_add(struct candidates *candidates, const char *name, const char *suffix) {
    if (candidates->count == candidates->capacity) {
        size_t capacity = candidates->capacity > 0 ? 2 * candidates->capacity : 32;
        char **grown = realloc(candidates->name, capacity * sizeof(*grown));
        if (grown == NULL) return;
        candidates->name = grown;
        candidates->capacity = capacity;
    }
    size_t size = strlen(name) + strlen(suffix) + 1;
    char *copy = malloc(size);
    if (copy == NULL) return;
    strlcpy(copy, name, size);
    strlcat(copy, suffix, size);
    candidates->name[candidates->count++] = copy;
}

static bool begins_with(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

// Control characters cannot be typed. Hidden names must be asked for.
static bool is_wanted(const char *name, const char *prefix) {
    if (!begins_with(name, prefix) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    if (name[0] == '.' && prefix[0] == '\0') return false;
    while (*name != '\0' && !iscntrl((unsigned char)*name)) name++;
    return *name == '\0';
}

static void add_directory(struct candidates *candidates, const char *path, const char *prefix) {
    DIR *directory = opendir(path);
    if (directory == NULL) return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (is_wanted(entry->d_name, prefix))
            candidates_add(candidates, entry->d_name, entry->d_type == DT_DIR ? "/" : "");
    closedir(directory);
}

static void add_commands(struct candidates *candidates, const char *prefix, const char *path) {
    char directory[PATH_MAX];
    const char *name;
    for (size_t i = 0; (name = builtin_name(i)) != NULL; i++)
        if (begins_with(name, prefix)) candidates_add(candidates, name, "");
    for (size_t length; *path != '\0'; path += length + (path[length] == ':')) {
        length = strcspn(path, ":");
        snprintf(directory, sizeof(directory), "%.*s", (int)length, path);
        add_directory(candidates, directory, prefix);
    }
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// In order, each once.
static void candidates_sort(struct candidates *candidates) {
    size_t kept = 0;
    qsort(candidates->name, candidates->count, sizeof(*candidates->name), compare_names);
    for (size_t i = 0; i < candidates->count; i++) {
        if (kept > 0 && strcmp(candidates->name[kept - 1], candidates->name[i]) == 0)
            free(candidates->name[i]);
        else
            candidates->name[kept++] = candidates->name[i];
    }
    candidates->count = kept;
}

// The part of the word that names are compared with: what follows its last slash.
static const char *last_part(const struct unfinished_word *word) {
    const char *slash = strrchr(word->text, '/');
    return slash != NULL ? slash + 1 : word->text;
}

static void candidates_find(struct candidates *candidates, const struct unfinished_word *word,
                            const char *path) {
    const char *prefix = last_part(word);
    char directory[COMPLETE_WORD_MAX] = ".";
    if (prefix > word->text)
        strlcpy(directory, word->text, (size_t)(prefix - word->text) + 1);
    else if (word->is_command)
        add_commands(candidates, prefix, path);
    if (candidates->count == 0) add_directory(candidates, directory, prefix);
    candidates_sort(candidates);
}

// The length of what all begin with, in whole characters. Being sorted, the first and the last
// differ most.
static size_t common_length(const struct candidates *candidates) {
    const char *first = candidates->name[0], *last = candidates->name[candidates->count - 1];
    size_t length = 0;
    while (first[length] != '\0' && first[length] == last[length]) length++;
    while (length > 0 && ((unsigned char)first[length] & 0xc0) == 0x80) length--;
    return length;
}

// The user may go on typing at any time: then the rest is not wanted any more.
static bool insert(int console, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (ioctl(console, CONSOLE_INSERT, (unsigned char)bytes[i]) < 0) return false;
    return true;
}

static void insert_name(int console, const struct unfinished_word *word, const char *rest,
                        size_t length, bool is_whole) {
    char quoted[COMPLETE_QUOTED_MAX];
    for (size_t i = 0; i < length; i++)
        if (!insert(console, quoted, complete_quote(word->quote, rest[i], quoted))) return;
    if (!is_whole || (length > 0 && rest[length - 1] == '/')) return;
    if (word->quote != 0 && !insert(console, &word->quote, 1)) return;
    insert(console, " ", 1);
}

static void candidates_list(const struct candidates *candidates) {
    size_t width = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        size_t length = strlen(candidates->name[i]) + 2;
        if (length > width) width = length;
    }
    size_t in_row = width < WIDTH ? WIDTH / width : 1;
    for (size_t i = 0; i < candidates->count && i < LISTED_MAX; i++)
        dprintf(STDERR_FILENO, "%s%-*s", i % in_row == 0 ? "\n" : "", (int)width,
                candidates->name[i]);
    if (candidates->count > LISTED_MAX)
        dprintf(STDERR_FILENO, "\n... and %zu more", candidates->count - LISTED_MAX);
    dprintf(STDERR_FILENO, "\n");
}

bool complete_line(int console, const char *line, size_t length, const char *path) {
    static struct unfinished_word word;
    struct candidates candidates = {0};
    complete_find_word(&word, line, length);
    if (word.is_fixed) candidates_find(&candidates, &word, path);
    size_t known = strlen(last_part(&word));
    size_t common = candidates.count > 0 ? common_length(&candidates) : 0;
    bool lists = candidates.count > 1 && common <= known;
    if (candidates.count == 0)
        write_all(STDERR_FILENO, "\a", 1);
    else if (lists)
        candidates_list(&candidates);
    else
        insert_name(console, &word, candidates.name[0] + known, common - known,
                    candidates.count == 1);
    candidates_free(&candidates);
    return lists;
}
