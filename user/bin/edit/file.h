// SPDX-License-Identifier: MIT
// From a file into a text and back.
#pragma once

#include "text.h"

// What there is to be said of a file that could not be read or written is in errno.

// Reads a regular file; a name that there is not yet gives an empty text, and *is_new.
bool file_load(struct text *text, const char *path, bool *is_new);

// Writes the text to a file beside the old one, which it then takes the place of: at every moment
// one of the two is there, whole. *size is told how many bytes it has.
bool file_save(const struct text *text, const char *path, size_t *size);
