// SPDX-License-Identifier: MIT
// What the library's files tell each other about the program's begin and end.
#pragma once

void program_name_set(const char *path);

// Buffered output has to be written when the program ends, and before another process continues
// with its descriptors. Set by the streams when there is any, so that a program without does not
// contain them. Both return 0, or -1 if something could not be written.
extern int (*program_flush)(void);
extern int (*program_finish)(void);
