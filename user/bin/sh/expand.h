// SPDX-License-Identifier: MIT
// From the words of a tree to the arguments of a command: variables get their values, and values
// that are not quoted are split at blanks.
#pragma once

#include "arena.h"
#include "syntax.h"
#include "variables.h"

// Stands in front of each character that is part of a pattern of file names; see glob.h.
#define PATTERN_MARK '\1'

// All words, with marks: a vector that ends in NULL, and its length. NULL if the arena is full.
char **expand_words(struct arena *arena, struct variables *variables, const struct word *words,
                    int *count);

// One word that stays one, whatever is in it. NULL if the arena is full.
char *expand_word(struct arena *arena, struct variables *variables, const struct word *word);
