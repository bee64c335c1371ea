// SPDX-License-Identifier: MIT
// Making streams for files and descriptors, and closing them.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stream.h"

// The flags of open() for a mode, or -1.
static int flags_of_mode(const char *mode) {
    int flags = O_CLOEXEC;
    bool both = strchr(mode, '+') != NULL;
    switch (mode[0]) {
    case 'r': flags |= both ? O_RDWR : O_RDONLY; break;
    case 'w': flags |= O_CREAT | O_TRUNC | (both ? O_RDWR : O_WRONLY); break;
    case 'a': flags |= O_CREAT | O_APPEND | (both ? O_RDWR : O_WRONLY); break;
    default: errno = EINVAL; return -1;
    }
    if (mode[1 + strspn(mode + 1, "+bex")] != '\0') {
        errno = EINVAL;
        return -1;
    }
    return strchr(mode, 'x') != NULL ? flags | O_EXCL : flags;
}

static FILE *stream_make(int flags) {
    FILE *stream = malloc(sizeof(*stream) + BUFSIZ);
    if (stream == NULL) return NULL;
    int access = flags & O_ACCMODE;
    *stream = (FILE){.mode = STREAM_MODE_OPEN,
                     .buffer = (char *)(stream + 1),
                     .size = BUFSIZ,
                     .can_read = access != O_WRONLY,
                     .can_write = access != O_RDONLY,
                     .is_allocated = true};
    return stream;
}

static FILE *stream_begin(FILE *stream, int descriptor) {
    stream->descriptor = descriptor;
    stream->next = stream_first;
    stream_first = stream;
    return stream;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
    int flags = flags_of_mode(mode);
    FILE *stream = flags < 0 ? NULL : stream_make(flags);
    if (stream == NULL) return NULL;
    int descriptor = open(path, flags);
    if (descriptor >= 0) return stream_begin(stream, descriptor);
    free(stream);
    return NULL;
}

FILE *fdopen(int descriptor, const char *mode) {
    struct stat status;
    int flags = flags_of_mode(mode);
    if (flags < 0 || fstat(descriptor, &status) < 0) return NULL;
    FILE *stream = stream_make(flags);
    return stream == NULL ? NULL : stream_begin(stream, descriptor);
}

static void stream_unlink(FILE *stream) {
    FILE **link = &stream_first;
    while (*link != stream) link = &(*link)->next;
    *link = stream->next;
}

int fclose(FILE *stream) {
    int result = stream_settle(stream);
    int saved = errno;
    if (close(stream->descriptor) < 0) result = EOF;
    if (stream->error != 0 && result < 0) errno = saved;
    // A standard stream stays, and fails from now on.
    stream->descriptor = -1;
    stream->error = 0;
    if (!stream->is_allocated) return result;
    stream_unlink(stream);
    saved = errno;
    free(stream);
    errno = saved;
    return result;
}

int setvbuf(FILE *restrict stream, char *restrict buffer, int mode, size_t size) {
    bool is_used = stream->writing || stream->end > 0;
    bool is_small = buffer != NULL && size < 2 * STREAM_PUT_BACK && mode != _IONBF;
    if (is_used || is_small || mode < _IOFBF || mode > _IONBF) {
        errno = EINVAL;
        return EOF;
    }
    stream->mode = mode;
    if (buffer == NULL || mode == _IONBF) return 0;
    stream->buffer = buffer;
    stream->size = size;
    return 0;
}
