// SPDX-License-Identifier: MIT
// Tests of the environment: what exec and spawn hand over, its limits, and the library's functions.
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- What is handed over -----------------------------------------------------------------------

// Helper: the environment is what the arguments say.
static int helper_expect(int argc, char **argv) {
    for (int i = 0; i < argc; i++) CHECK_STRING(environ[i], argv[i]);
    CHECK(environ[argc] == NULL);
    return 40;
}

static void test_exec(void) {
    const char *argv[] = {check_program, "--helper", "expect", "A=1", "", "no equals", NULL};
    const char *environment[] = {"A=1", "", "no equals", NULL};
    int64_t pid = check_fork();
    if (pid == 0) NEED(sys(exec, check_program, argv, environment));
    CHECK_EQUAL(check_wait(pid), 40);
    check_note("spawn");
    pid = NEED(sys(spawn, check_program, argv, 0, 0, 0, environment));
    CHECK_EQUAL(check_wait(pid), 40);
    check_note("none");
    argv[3] = NULL;
    CHECK_EQUAL(check_wait(NEED(sys(spawn, check_program, argv, 0, 0, 0, 0))), 40);
    CHECK_EQUAL(check_wait(NEED(sys(spawn, check_program, argv, 0, 0, 0, environment + 3))), 40);
}

static char text[ARGUMENT_BYTES_MAX];
static const char *many[ARGUMENTS_MAX + 2];

// The limits are on arguments and environment together.
static void test_limits(void) {
    const char *argv[] = {"/bin/true", NULL};
    for (int i = 0; i < ARGUMENTS_MAX; i++) many[i] = "";
    CHECK_ERROR(sys(exec, "/bin/true", argv, many), E2BIG);
    CHECK_ERROR(sys(exec, "/bin/true", many, argv), E2BIG);
    many[ARGUMENTS_MAX - 1] = NULL;
    CHECK_EQUAL(check_wait(NEED(sys(spawn, "/bin/true", argv, 0, 0, 0, many))), 0);
    memset(text, 'x', sizeof(text) - 1);
    const char *long_one[] = {text, NULL};
    CHECK_ERROR(sys(exec, "/bin/true", argv, long_one), E2BIG); // by the name's ten bytes
    text[sizeof(text) - 1 - strlen("/bin/true") - 1] = '\0';
    CHECK_EQUAL(check_wait(NEED(sys(spawn, "/bin/true", argv, 0, 0, 0, long_one))), 0);
}

// ---- The library -------------------------------------------------------------------------------

static void expect(const char *name, const char *value) {
    const char *found = getenv(name);
    if (value == NULL)
        CHECK(found == NULL);
    else
        CHECK_STRING(found, value);
}

static void test_functions(void) {
    char name[8], value[8];
    clearenv();
    CHECK(environ[0] == NULL);
    expect("A", NULL);
    CHECK_EQUAL(setenv("AB", "1", 0), 0);
    CHECK_EQUAL(setenv("A", "2", 0), 0);
    CHECK_EQUAL(setenv("A", "3", 0), 0);
    expect("A", "2");
    CHECK_EQUAL(setenv("A", "4=5", 1), 0);
    expect("A", "4=5");
    expect("AB", "1");
    expect("", NULL);
    expect("A=4", NULL);
    CHECK_EQUAL(setenv("", "x", 1), -1);
    CHECK_EQUAL(setenv("A=", "x", 1), -1);
    CHECK_EQUAL(unsetenv("A="), -1);
    CHECK_EQUAL(unsetenv("none"), 0);
    CHECK_EQUAL(unsetenv("AB"), 0);
    expect("AB", NULL);
    expect("A", "4=5");
    for (int i = 0; i < 100; i++) {
        name[0] = value[0] = (char)('a' + i / 10), name[1] = value[1] = (char)('0' + i % 10);
        name[2] = value[2] = '\0';
        CHECK_EQUAL(setenv(name, value, 0), 0);
    }
    for (int i = 0; i < 100; i += 2) {
        name[0] = (char)('a' + i / 10), name[1] = (char)('0' + i % 10);
        CHECK_EQUAL(unsetenv(name), 0);
    }
    expect("a1", "a1");
    expect("j9", "j9");
    expect("j8", NULL);
}

// A vector that the program made itself is as good as the one it was given.
static void test_own_vector(void) {
    static char first[] = "X=1";
    char *vector[] = {first, NULL};
    environ = vector;
    expect("X", "1");
    CHECK_EQUAL(setenv("Y", "2", 1), 0);
    CHECK_EQUAL(setenv("X", "3", 1), 0);
    CHECK_STRING(first, "X=1");
    environ = vector;
    expect("Y", NULL);
    CHECK_EQUAL(setenv("Z", "4", 1), 0);
    expect("X", "1");
    expect("Z", "4");
}

static void test_search_path(void) {
    char *const argv[] = {"true", NULL};
    int64_t pid = check_fork();
    if (pid == 0) {
        setenv("PATH", "/none:/dev/null::/bin", 1);
        execvp("true", argv);
        exit(1);
    }
    CHECK_EQUAL(check_wait(pid), 0);
    setenv("PATH", "/none", 1);
    CHECK_EQUAL(execvp("true", argv), -1);
    unsetenv("PATH");
    CHECK_EQUAL(execvp("no-such-program", argv), -1);
    CHECK_EQUAL(execvp("", argv), -1);
    pid = check_fork();
    if (pid == 0) exit(execvp("true", argv));
    CHECK_EQUAL(check_wait(pid), 0);
}

int main(int argc, char **argv) {
    static const struct test_helper helpers[] = {{"expect", helper_expect}, {NULL, NULL}};
    static const struct test_case cases[] = {
        {"exec", test_exec},
        {"limits", test_limits},
        {"functions", test_functions},
        {"own_vector", test_own_vector},
        {"search_path", test_search_path},
    };
    return check_main(argc, argv, cases, helpers);
}
