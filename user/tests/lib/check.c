// SPDX-License-Identifier: MIT
// The harness: runs each case in a child, reports it, and compares the system's counts before and
// after. Nothing here is shared between processes except the terminal, which gets whole lines.
#include "../check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_TIME_LIMIT (UINT64_C(300) * 1000000000)
#define SETTLE_LIMIT    (UINT64_C(30) * 1000000000)
#define PAGES_LIMIT     (UINT64_C(300) * 1000000) // once nothing else is left
#define PATIENCE_LIMIT  (UINT64_C(60) * 1000000000)
#define POLL_INTERVAL   UINT64_C(500000)

// The status of a case that has printed its own failure.
#define STATUS_REPORTED 100

// A cache that grows once is no leak; a leak is what every repetition loses again.
#define LEAK_ATTEMPTS 10

const char *check_program;

static const char *case_name = "?";
static char note[96];
static bool is_helper; // a process below the case's own

// ---- Reporting
// -----------------------------------------------------------------------------------

static void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void print_line(const char *format, ...) {
    char line[400]; // short enough to be written in one piece
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof(line) - 2) length = (int)sizeof(line) - 2;
    line[length] = '\n';
    sys(write, 1, line, length + 1);
}

static const char *error_name(int64_t error) {
#define ERROR_CASE(name, number, text)                                                             \
    case name: return #name;
    switch (error) {
        ERROR_LIST(ERROR_CASE)
    default: return NULL;
    }
#undef ERROR_CASE
}

static void describe(int64_t value, char *text, size_t size) {
    const char *name = value < 0 && value > -4096 ? error_name(-value) : NULL;
    if (name)
        snprintf(text, size, "-%s", name);
    else
        snprintf(text, size, "%lld", (long long)value);
}

// The failure of one check. In the case's own process it is the case's result; below, it is a
// remark that explains the failure which the case will notice.
static _Noreturn void fail(const char *file, int line, const char *what) {
    const char *slash = strrchr(file, '/');
    print_line("%s %s%s: %s:%d: %s%s%s%s", is_helper ? "#" : "not ok", case_name,
               is_helper ? " (below)" : "", slash ? slash + 1 : file, line, what,
               note[0] ? " [" : "", note, note[0] ? "]" : "");
    sys(exit, is_helper ? STATUS_CHECK_FAILED : STATUS_REPORTED);
    __builtin_unreachable();
}

void check_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof(note), format, arguments);
    va_end(arguments);
}

void check_true(bool holds, const char *text, const char *file, int line) {
    if (!holds) {
        char what[200];
        snprintf(what, sizeof(what), "expected %s", text);
        fail(file, line, what);
    }
}

void check_equal(int64_t actual, int64_t expected, const char *text, const char *file, int line) {
    if (actual != expected) {
        char what[256], expected_text[32], actual_text[32];
        describe(expected, expected_text, sizeof(expected_text));
        describe(actual, actual_text, sizeof(actual_text));
        snprintf(what, sizeof(what), "%s: expected %s, got %s", text, expected_text, actual_text);
        fail(file, line, what);
    }
}

void check_string(const char *actual, const char *expected, const char *text, const char *file,
                  int line) {
    if (strcmp(actual, expected) != 0) {
        char what[300];
        snprintf(what, sizeof(what), "%s: expected \"%s\", got \"%s\"", text, expected, actual);
        fail(file, line, what);
    }
}

void check_bytes(const void *actual, const void *expected, size_t size, const char *text,
                 const char *file, int line) {
    const unsigned char *have = actual, *want = expected;
    for (size_t i = 0; i < size; i++) {
        if (have[i] != want[i]) {
            char what[200];
            snprintf(what, sizeof(what), "%s: byte %lu: expected 0x%02x, got 0x%02x", text,
                     (unsigned long)i, want[i], have[i]);
            fail(file, line, what);
        }
    }
}

int64_t check_need(int64_t result, const char *text, const char *file, int line) {
    if (result < 0) {
        char what[256], result_text[32];
        describe(result, result_text, sizeof(result_text));
        snprintf(what, sizeof(what), "%s: expected success, got %s", text, result_text);
        fail(file, line, what);
    }
    return result;
}

void check_become_helper(void) { is_helper = true; }

bool patience_wait(struct patience *patience) {
    uint64_t now = (uint64_t)sys(clock);
    if (patience->deadline == 0) patience->deadline = now + PATIENCE_LIMIT;
    sys(sleep, POLL_INTERVAL);
    return now < patience->deadline;
}

struct system_info system_now(void) {
    struct system_info info;
    NEED(sys(system_info, &info));
    return info;
}

// ---- Cases
// ---------------------------------------------------------------------------------------

// Waits for a case's process. Its status, or -ETIMEDOUT: then it has been killed.
static int64_t case_wait(int64_t pid) {
    uint64_t deadline = (uint64_t)sys(clock) + CASE_TIME_LIMIT;
    for (;;) {
        int32_t status;
        int64_t ended = sys(wait, pid, &status, WAIT_NO_HANG);
        if (ended == pid) return status;
        if (ended < 0) return ended;
        if ((uint64_t)sys(clock) > deadline) {
            sys(kill, -pid);
            sys(wait, pid, 0, 0);
            return -ETIMEDOUT;
        }
        sys(sleep, POLL_INTERVAL);
    }
}

// Makes the harness's own copies of the pages that it will write to while a case runs, which may
// use up all memory.
static void own_pages_take(void) {
    volatile char stack[2 * 4096];
    for (size_t i = 0; i < sizeof(stack); i += 512) stack[i] = 0;
    note[0] = stack[0];
}

static int64_t case_start(const struct test_case *test) {
    int64_t pid = sys(fork);
    if (pid == 0) {
        int64_t self = sys(getpid);
        sys(set_group, self, self);
        test->run();
        sys(exit, 0);
    }
    if (pid > 0) {
        // Both sides do it, so that it is done whoever runs first.
        sys(set_group, pid, pid);
        own_pages_take();
    }
    return pid;
}

// What programs could have: a disk's cache keeps the rest only until then.
static uint64_t pages_to_be_had(const struct system_info *info) {
    return info->pages_free + info->pages_cached;
}

// Waits until nothing of the case is left. What is left after that, as text, or NULL.
static const char *case_settle(const struct system_info *before, bool *only_pages) {
    static char text[160];
    uint64_t start = (uint64_t)sys(clock);
    for (;;) {
        struct system_info now = system_now();
        *only_pages =
            now.processes <= before->processes && now.objects_live <= before->objects_live;
        if (*only_pages && pages_to_be_had(&now) >= pages_to_be_had(before)) return NULL;
        if ((uint64_t)sys(clock) - start > (*only_pages ? PAGES_LIMIT : SETTLE_LIMIT)) {
            snprintf(
                text, sizeof(text),
                "left behind: processes %u to %u, objects %llu to %llu, free pages %llu to %llu",
                before->processes, now.processes, (unsigned long long)before->objects_live,
                (unsigned long long)now.objects_live, (unsigned long long)pages_to_be_had(before),
                (unsigned long long)pages_to_be_had(&now));
            return text;
        }
        sys(sleep, POLL_INTERVAL);
    }
}

// What is charged must be what there is, as soon as nobody is on the way out. NULL, or a complaint.
static const char *case_recount(void) {
    static char text[160];
    struct account_difference difference;
    uint64_t start = (uint64_t)sys(clock);
    while (sys(account_recount, &difference) != 0) {
        if ((uint64_t)sys(clock) - start > SETTLE_LIMIT) {
            snprintf(text, sizeof(text),
                     "account %llu is charged with %llu of resource %u, not %llu",
                     (unsigned long long)difference.id, (unsigned long long)difference.charged,
                     difference.resource, (unsigned long long)difference.counted);
            return text;
        }
        sys(sleep, POLL_INTERVAL);
    }
    return NULL;
}

static uint64_t charged_pages(void) {
    struct account_info info;
    return sys(account_info, 0, &info) == 0 ? info.used[ACCOUNT_PAGES] : 0;
}

// Pages that stay charged, though they may be free. NULL, or a complaint.
static const char *case_charges(uint64_t before) {
    static char text[160];
    uint64_t start = (uint64_t)sys(clock);
    while (charged_pages() > before) {
        if ((uint64_t)sys(clock) - start > PAGES_LIMIT) {
            snprintf(text, sizeof(text), "charged with %llu pages before, now with %llu",
                     (unsigned long long)before, (unsigned long long)charged_pages());
            return text;
        }
        sys(sleep, POLL_INTERVAL);
    }
    return NULL;
}

static bool case_report_status(int64_t status) {
    if (status == STATUS_REPORTED) return false;
    if (status == -ETIMEDOUT) {
        print_line("not ok %s: still running after %llu s", case_name,
                   (unsigned long long)(CASE_TIME_LIMIT / 1000000000));
    } else if (status < 0) {
        print_line("not ok %s: cannot be waited for: %lld", case_name, (long long)status);
    } else {
        print_line("not ok %s: ended with status %lld", case_name, (long long)status);
    }
    return false;
}

static bool case_run(const struct test_case *test) {
    case_name = test->name;
    for (int attempt = 1;; attempt++) {
        struct system_info before = system_now();
        uint64_t charged = charged_pages();
        int64_t pid = case_start(test);
        if (pid < 0) {
            print_line("not ok %s: fork: %lld", case_name, (long long)pid);
            return false;
        }
        int64_t status = case_wait(pid);
        sys(kill, -pid); // what it started and forgot; the counts tell whether it should have
        bool only_pages = false;
        const char *left = case_settle(&before, &only_pages);
        if (status != 0) return case_report_status(status);
        if (!left) left = case_recount();
        if (!left) left = case_charges(charged);
        if (!left) {
            print_line("ok %s", case_name);
            return true;
        }
        if (!only_pages || attempt == LEAK_ATTEMPTS) {
            print_line("not ok %s: %s", case_name, left);
            return false;
        }
    }
}

static bool case_is_selected(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return true;
    return argc < 2;
}

static int helper_run(int argc, char **argv, const struct test_helper *helpers) {
    is_helper = true;
    case_name = argv[2];
    for (; helpers && helpers->name; helpers++)
        if (strcmp(helpers->name, argv[2]) == 0) return helpers->run(argc - 3, argv + 3);
    print_line("# no helper %s", argv[2]);
    return STATUS_CHECK_FAILED;
}

// The process that ran before this one was waited for, but its last pieces may still be on their
// way out, and must not be counted as there.
static void wait_for_predecessor(void) {
    struct system_info last, now = system_now();
    do {
        last = now;
        sys(sleep, 20 * POLL_INTERVAL);
        now = system_now();
    } while (now.objects_live != last.objects_live || now.processes != last.processes);
}

int check_run(int argc, char **argv, const struct test_case *cases, size_t count,
              const struct test_helper *helpers) {
    check_program = argv[0];
    if (argc >= 3 && strcmp(argv[1], "--helper") == 0) return helper_run(argc, argv, helpers);
    unsigned ran = 0, failed = 0;
    wait_for_predecessor();
    for (size_t i = 0; i < count; i++) {
        if (case_is_selected(cases[i].name, argc, argv)) {
            ran++;
            failed += !case_run(&cases[i]);
        }
    }
    print_line("1..%u", ran);
    print_line("# %s: %u passed, %u failed", check_program, ran - failed, failed);
    if (ran == 0) {
        print_line("not ok %s: no such case", check_program);
        return 1;
    }
    return failed < CHECK_STATUS_MAX ? (int)failed : CHECK_STATUS_MAX;
}
