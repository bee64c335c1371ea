// SPDX-License-Identifier: MIT
// Reading and writing, in large pieces.
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER 8192

// ---- Reading -----------------------------------------------------------------------------------

static bool add_bytes(struct text *text, const char *bytes, size_t size) {
    struct place end = {text->count - 1, text->lines[text->count - 1].length};
    return size == 0 || text_insert(text, end, bytes, size);
}

static bool add_newline(struct text *text) {
    return text_split(text, (struct place){text->count - 1, text->lines[text->count - 1].length});
}

static bool add_part(struct text *text, const char *bytes, size_t size) {
    const char *end = bytes + size, *newline;
    while ((newline = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
        if (!add_bytes(text, bytes, (size_t)(newline - bytes)) || !add_newline(text)) return false;
        bytes = newline + 1;
    }
    return add_bytes(text, bytes, (size_t)(end - bytes));
}

static bool load(struct text *text, int descriptor) {
    static char buffer[BUFFER];
    struct stat status;
    ssize_t size;
    if (fstat(descriptor, &status) < 0) return false;
    if (!S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        return false;
    }
    while ((size = read(descriptor, buffer, sizeof(buffer))) > 0)
        if (!add_part(text, buffer, (size_t)size)) {
            errno = ENOMEM;
            return false;
        }
    return size == 0;
}

bool file_load(struct text *text, const char *path, bool *is_new) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    *is_new = descriptor < 0 && errno == ENOENT;
    if (descriptor < 0) return *is_new;
    bool loaded = load(text, descriptor);
    int error = errno;
    close(descriptor);
    errno = error;
    text->is_changed = false;
    return loaded;
}

// ---- Writing -----------------------------------------------------------------------------------

static bool put(FILE *file, const char *bytes, size_t size) {
    return size == 0 || fwrite(bytes, size, 1, file) == 1;
}

static bool write_text(const struct text *text, FILE *file, size_t *size) {
    *size = text->count - 1;
    for (size_t i = 0; i < text->count; i++) {
        const struct line *line = &text->lines[i];
        *size += line->length;
        if (i > 0 && !put(file, "\n", 1)) return false;
        if (!put(file, line->bytes, line->length)) return false;
    }
    return fflush(file) == 0;
}

bool file_save(const struct text *text, const char *path, size_t *size) {
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof(beside), "%s.%d.edit", path, getpid()) >= (int)sizeof(beside)) {
        errno = ENAMETOOLONG;
        return false;
    }
    // After a crash there may be one of an editor that had the same number.
    FILE *file = fopen(beside, "we");
    if (file == NULL) return false;
    // On the disk before its name is: otherwise a crash could leave the name with an empty file.
    bool saved = write_text(text, file, size) && fsync(fileno(file)) == 0;
    int error = errno;
    fclose(file);
    errno = error;
    saved = saved && rename(beside, path) == 0;
    if (saved) return sync() == 0;
    error = errno;
    unlink(beside);
    errno = error;
    return false;
}
