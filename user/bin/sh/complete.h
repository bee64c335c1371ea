// SPDX-License-Identifier: MIT
// Completion of names at the tab key: which word of a line is meant, and how a name is written
// behind it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define COMPLETE_WORD_MAX 1024

// The word before the cursor, without its quotes.
struct unfinished_word {
    char text[COMPLETE_WORD_MAX];
    size_t length;
    char quote;      // the one that is open, ' or ", or 0
    bool is_command; // it stands where the name of a program does
    bool is_fixed;   // without variables and patterns, and not too long: it can be completed
};

// Finds the last word of a text; it may be empty.
void complete_find_word(struct unfinished_word *word, const char *line, size_t length);

#define COMPLETE_QUOTED_MAX 4

// Writes a character of a name as it must stand behind such an open quote. How many bytes.
size_t complete_quote(char quote, char c, char quoted[COMPLETE_QUOTED_MAX]);

// Completes the line that the user is editing on the console, of which this is the part before the
// cursor; `path` says where commands are, as $PATH does. True if it has listed candidates, so that
// the prompt and the line must be shown again.
bool complete_line(int console, const char *line, size_t length, const char *path);
