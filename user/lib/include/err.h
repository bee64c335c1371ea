// SPDX-License-Identifier: MIT
// Messages of programs, as "PROGRAM: TEXT: REASON" on standard error. The reason is errno's; the
// forms with x leave it out; err and errx end the program.
#pragma once

void warn(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
_Noreturn void err(int status, const char *format, ...) __attribute__((format(__printf__, 2, 3)));
_Noreturn void errx(int status, const char *format, ...) __attribute__((format(__printf__, 2, 3)));

// The last part of the name by which the program was called.
const char *getprogname(void);
