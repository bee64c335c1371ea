// SPDX-License-Identifier: MIT
// shutdown [STATUS]: turns the machine off; make run ends with the status.
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char *end = "";
    long status = argc > 1 ? strtol(argv[1], &end, 10) : 0;
    if (argc > 2 || *end != '\0' || status < 0 || status > 255 || (argc > 1 && !isdigit(*argv[1])))
        errx(2, "usage: shutdown [STATUS], a number from 0 to 255");
    int power = open("/dev/power", O_WRONLY);
    if (power < 0 || dprintf(power, "%ld\n", status) < 0) err(1, "/dev/power");
    return 0;
}
