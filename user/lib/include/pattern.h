// SPDX-License-Identifier: MIT
// Small regular expressions: characters, . for any one, * for any number of the one before, ^ and $
// for begin and end of the text, \ before a character that means itself.
#pragma once

#include "abi/types.h"

#define PATTERN_MAX 128

enum pattern_kind { PATTERN_CHARACTER, PATTERN_ANY };

struct pattern_element {
    uint8_t kind; // enum pattern_kind
    char character;
    bool repeated;
};

struct pattern {
    struct pattern_element element[PATTERN_MAX];
    uint32_t length;
    bool at_begin;
    bool at_end;
    bool ignore_case;
};

// False if the text has more than PATTERN_MAX elements or ends in a lone backslash.
bool pattern_compile(struct pattern *pattern, const char *text, bool ignore_case);

// A pattern without special characters.
bool pattern_compile_fixed(struct pattern *pattern, const char *text, bool ignore_case);

// True if the pattern occurs in the text. Takes time proportional to length times pattern, whatever
// they are.
bool pattern_matches(const struct pattern *pattern, const char *text, size_t length);
