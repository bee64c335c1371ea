// SPDX-License-Identifier: MIT
// The formatter behind the printf family. For the library's own files.
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct stream;

// Where formatted text goes: into the buffer, and whenever that is full through flush(), which
// empties it. Without flush() what does not fit is only counted.
struct format_sink {
    char *buffer;
    size_t size;
    size_t used;
    size_t total; // characters made, those that did not fit included
    void (*flush)(struct format_sink *sink);
    int descriptor;        // for flush(): where to
    struct stream *stream; // or there
    int failed;
};

void format_text(struct format_sink *sink, const char *text, size_t size);
void format_arguments(struct format_sink *sink, const char *format, va_list arguments);
