// SPDX-License-Identifier: MIT
// sleep SECONDS: waits; the seconds may have a fraction.
#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <time.h>

#define SECONDS_MAX 1000000000

// Digits, and perhaps a point and more digits. False if it is anything else.
static bool parse_duration(const char *text, struct timespec *duration) {
    bool any = false;
    long unit = 100000000; // nanoseconds of the next digit behind the point
    *duration = (struct timespec){0};
    for (; isdigit(*text); text++, any = true) {
        if (duration->tv_sec < SECONDS_MAX) duration->tv_sec = duration->tv_sec * 10 + *text - '0';
    }
    if (*text == '.') text++;
    for (; isdigit(*text); text++, any = true) {
        duration->tv_nsec += (*text - '0') * unit;
        unit /= 10;
    }
    return any && *text == '\0';
}

int main(int argc, char **argv) {
    struct timespec duration;
    if (argc != 2 || !parse_duration(argv[1], &duration))
        errx(2, "usage: sleep SECONDS, for example sleep 0.5");
    if (nanosleep(&duration, NULL) < 0) err(1, "%s", argv[1]);
    return 0;
}
