// SPDX-License-Identifier: MIT
// Runs the Check suites of suites.h: all of them, or those named as arguments. The environment
// variables of Check (CK_RUN_CASE, CK_FORK, CK_VERBOSITY, CK_INCLUDE_TAGS, ...) work.

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.h"
#undef SUITE

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, name##_suite},
#include "suites.h"
#undef SUITE
};

#define SUITE_COUNT (sizeof(suites) / sizeof(suites[0]))

static int is_wanted(const char *name, int count, char **names) {
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], name) == 0) return 1;
    return count == 1;
}

int main(int count, char **names) {
    SRunner *runner = srunner_create(NULL);
    int added = 0;
    // A busy machine with sanitizers is slow; a test that hangs still ends.
    setenv("CK_DEFAULT_TIMEOUT", "60", 0);
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        if (!is_wanted(suites[i].name, count, names)) continue;
        srunner_add_suite(runner, suites[i].make());
        added++;
    }
    if (added < count - 1) {
        fprintf(stderr, "there is no such suite; these are:");
        for (size_t i = 0; i < SUITE_COUNT; i++) fprintf(stderr, " %s", suites[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
