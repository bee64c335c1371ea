// SPDX-License-Identifier: MIT
// Patterns of file names: * any text, ? any character, [abc-f] one of these, [!abc] none of them; a
// backslash stands before a character that means itself.
#pragma once

#define FNM_NOMATCH 1
#define FNM_PERIOD  1 // a leading point is matched by a point only

// 0 if all of `name` fits. Takes time proportional to the product of their lengths, whatever they
// are.
int fnmatch(const char *pattern, const char *name, int flags);
