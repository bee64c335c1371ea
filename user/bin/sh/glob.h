// SPDX-License-Identifier: MIT
// Names of files for patterns, the last step of expansion.
#pragma once

#include "arena.h"

// Replaces every word that has characters marked as parts of a pattern by the sorted paths that
// fit; by itself, without marks, if none does. NULL when the arena is full.
char **glob_words(struct arena *arena, char **words, int *count);
