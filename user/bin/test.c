// SPDX-License-Identifier: MIT
// test EXPRESSION: whether it is true. TEXT, -n TEXT, -z TEXT, A = B, A != B, numbers with -eq -ne
// -lt -le -gt -ge, -e -f -d -s PATH, and ! in front. Called as [ it ends with ].
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define YES 0
#define NO  1

static int answer(int holds) { return holds ? YES : NO; }

static long number(const char *text) {
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end) errx(2, "%s is not a number", text);
    return value;
}

static int test_path(char kind, const char *path) {
    struct stat status;
    if (stat(path, &status) < 0) return NO;
    switch (kind) {
    case 'f': return answer(S_ISREG(status.st_mode));
    case 'd': return answer(S_ISDIR(status.st_mode));
    case 's': return answer(status.st_size > 0);
    default: return YES;
    }
}

static int test_two(const char *operation, const char *operand) {
    if (operation[0] == '-' && operation[1] && !operation[2]) {
        if (operation[1] == 'n') return answer(*operand);
        if (operation[1] == 'z') return answer(!*operand);
        if (strchr("efds", operation[1])) return test_path(operation[1], operand);
    }
    errx(2, "%s: not a test of one operand", operation);
}

static int test_three(const char *a, const char *operation, const char *b) {
    if (strcmp(operation, "=") == 0) return answer(strcmp(a, b) == 0);
    if (strcmp(operation, "!=") == 0) return answer(strcmp(a, b) != 0);
    if (strcmp(operation, "-eq") == 0) return answer(number(a) == number(b));
    if (strcmp(operation, "-ne") == 0) return answer(number(a) != number(b));
    if (strcmp(operation, "-lt") == 0) return answer(number(a) < number(b));
    if (strcmp(operation, "-le") == 0) return answer(number(a) <= number(b));
    if (strcmp(operation, "-gt") == 0) return answer(number(a) > number(b));
    if (strcmp(operation, "-ge") == 0) return answer(number(a) >= number(b));
    errx(2, "%s: not a test of two operands", operation);
}

static int evaluate(int count, char **words) {
    if (count > 1 && count != 3 && strcmp(words[0], "!") == 0)
        return evaluate(count - 1, words + 1) == YES ? NO : YES;
    switch (count) {
    case 0: return NO;
    case 1: return answer(words[0][0]);
    case 2: return test_two(words[0], words[1]);
    case 3:
        if (strcmp(words[0], "!") == 0) return test_two(words[1], words[2]) == YES ? NO : YES;
        return test_three(words[0], words[1], words[2]);
    default: errx(2, "too many words");
    }
}

int main(int argc, char **argv) {
    if (strcmp(getprogname(), "[") == 0 && strcmp(argv[--argc], "]") != 0) errx(2, "] is missing");
    return evaluate(argc - 1, argv + 1);
}
