// SPDX-License-Identifier: MIT
// What start.c shares with err.c and the streams. For the library's own files.
#pragma once

void program_name_set(const char *path);

// What exit() calls, if the program has written to a stream: writes what is in the buffers and
// returns the status to exit with, 1 instead of 0 if standard output could not be written.
extern int (*program_finish)(int status);
int stdio_finish(int status);
