// SPDX-License-Identifier: MIT
// Names of files for patterns (POSIX.1, Shell Command Language, 2.13.3): each part of a path is
// looked for in the directories that fit what stands before it.
#include "glob.h"
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "expand.h"

#include "abi/fcntl.h"

#define PATHS_MAX 1024

struct matches {
    struct arena *arena;
    char *path[PATHS_MAX];
    int count;
    bool failed;
};

static char *keep(struct matches *matches, const char *text) {
    char *kept = arena_alloc(matches->arena, strlen(text) + 1);
    if (kept == NULL)
        matches->failed = true;
    else
        strcpy(kept, text);
    return kept;
}

static void add_match(struct matches *matches, const char *path) {
    if (matches->count == PATHS_MAX) return;
    char *kept = keep(matches, path);
    if (kept != NULL) matches->path[matches->count++] = kept;
}

// Takes the marks out of a word.
static void unmark(char *word) {
    char *to = word;
    for (; *word != '\0'; word++)
        if (*word != PATTERN_MARK) *to++ = *word;
    *to = '\0';
}

// One part of a path as fnmatch() has it: what is not marked means itself.
static void make_pattern(char *pattern, const char *part, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (part[i] == PATTERN_MARK)
            i++;
        else if (strchr("*?[\\", part[i]) != NULL)
            *pattern++ = '\\';
        *pattern++ = part[i];
    }
    *pattern = '\0';
}

static void match_rest(struct matches *matches, char *path, const char *rest);

static void match_entries(struct matches *matches, char *path, const char *pattern,
                          const char *rest) {
    size_t length = strlen(path);
    const struct dirent *entry;
    DIR *directory = opendir(length > 0 ? path : ".");
    if (directory == NULL) return;
    while ((entry = readdir(directory)) != NULL) {
        if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0 ||
            strlcat(path, entry->d_name, PATH_MAX) >= PATH_MAX)
            continue;
        match_rest(matches, path, rest);
        path[length] = '\0';
    }
    closedir(directory);
}

// Goes on with what follows the part that `path` ends in.
static void match_rest(struct matches *matches, char *path, const char *rest) {
    struct stat status;
    size_t slashes = strspn(rest, "/"), length = strcspn(rest + slashes, "/");
    if (*rest == '\0') {
        add_match(matches, path);
        return;
    }
    if (slashes > 0 && (strlcat(path, "/", PATH_MAX) >= PATH_MAX || stat(path, &status) < 0 ||
                        !S_ISDIR(status.st_mode)))
        return;
    const char *part = rest + slashes;
    char pattern[2 * NAME_MAX + 1];
    if (length == 0) {
        add_match(matches, path);
    } else if (length <= NAME_MAX) {
        make_pattern(pattern, part, length);
        match_entries(matches, path, pattern, part + length);
    }
}

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **glob_words(struct arena *arena, char **words, int *count) {
    static struct matches matches;
    matches = (struct matches){.arena = arena};
    for (int i = 0; i < *count; i++) {
        char path[PATH_MAX] = "";
        int first = matches.count;
        if (strchr(words[i], PATTERN_MARK) != NULL) match_rest(&matches, path, words[i]);
        qsort(matches.path + first, (size_t)(matches.count - first), sizeof(char *), compare);
        if (matches.count > first) continue;
        unmark(words[i]);
        if (matches.count == PATHS_MAX)
            matches.failed = true;
        else
            matches.path[matches.count++] = words[i];
    }
    char **result = arena_alloc(arena, ((size_t)matches.count + 1) * sizeof(*result));
    if (matches.failed || result == NULL) return NULL;
    memcpy(result, matches.path, (size_t)matches.count * sizeof(*result));
    result[matches.count] = NULL;
    *count = matches.count;
    return result;
}
