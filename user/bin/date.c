// SPDX-License-Identifier: MIT
// date [-s]: the time of day in UTC; with -s in seconds since 1970 began.
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
    struct tm parts;
    time_t now = time(NULL);
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "-s") != 0)) errx(2, "usage: date [-s]");
    if (now < 0) err(1, "this machine does not know the time of day");
    gmtime_r(&now, &parts);
    if (argc == 2)
        printf("%ld\n", now);
    else
        printf("%04d-%02d-%02d %02d:%02d:%02d UTC\n", parts.tm_year + 1900, parts.tm_mon + 1,
               parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return 0;
}
