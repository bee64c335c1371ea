// SPDX-License-Identifier: MIT
// From a tree back to text, for job messages and tests.
#pragma once

#include "syntax.h"

// Writes the commands as one line, cut to fit.
void describe_and_or(const struct and_or *and_or, char *text, size_t size);
void describe_list(const struct list *list, char *text, size_t size);
