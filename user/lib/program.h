// SPDX-License-Identifier: MIT
// What start.c tells err.c. For the library's own files.
#pragma once

void program_name_set(const char *path);
