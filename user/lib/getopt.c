// SPDX-License-Identifier: MIT
// getopt(): the options in front of a program's operands.
#include <err.h>
#include <string.h>
#include <unistd.h>

char *optarg;
int optind = 1;
int opterr = 1;
int optopt;

// Where in a group such as -lw the next option stands; 0: at a new word.
static size_t position;

static void next_word(void) {
    optind++;
    position = 0;
}

static int complain(const char *what) {
    if (opterr) warnx("%s -%c", what, optopt);
    return '?';
}

// The option's argument: the rest of this word, or the next one.
static int take_argument(int argc, char *const argv[]) {
    optarg = argv[optind] + position;
    if (*optarg == '\0') {
        next_word();
        if (optind >= argc) return complain("an argument is missing behind");
        optarg = argv[optind];
    }
    next_word();
    return optopt;
}

int getopt(int argc, char *const argv[], const char *options) {
    if (position == 0) {
        if (optind >= argc || argv[optind][0] != '-' || argv[optind][1] == '\0') return -1;
        if (strcmp(argv[optind], "--") == 0) {
            next_word();
            return -1;
        }
        position = 1;
    }
    optopt = (unsigned char)argv[optind][position++];
    const char *known = optopt == ':' ? NULL : strchr(options, optopt);
    if (known != NULL && known[1] == ':') return take_argument(argc, argv);
    if (argv[optind][position] == '\0') next_word();
    return known != NULL ? optopt : complain("unknown option");
}
