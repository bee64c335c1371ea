// SPDX-License-Identifier: MIT
// Each resource is used up: memory, processes, slots, pipes, files. What asks for more is refused,
// nothing else suffers, and afterwards everything is there again (the harness compares counts).
#include "check.h"

#include <stdio.h>

#define PAGE 4096

// ---- Memory
// --------------------------------------------------------------------------------------

// Touches pages of a growing heap until there are none, and says how it went: the calling process
// is ended by the kernel when a page cannot be had.
static void eat_all_memory(void) {
    for (;;) {
        int64_t start = sys(sbrk, 64 * PAGE);
        if (start == -ENOMEM) sys(exit, 50);
        for (int64_t at = start; at < start + 64 * PAGE; at += PAGE) *(volatile char *)at = 1;
    }
}

static void test_memory_one_eater(void) {
    int64_t pid = check_fork();
    if (pid == 0) eat_all_memory();
    int64_t status = check_wait(pid);
    CHECK(status == 50 || status == STATUS_KILLED || status == STATUS_FAULT);
}

static void test_memory_many_eaters(void) {
    int64_t eaters[6];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 6; i++) {
            eaters[i] = check_fork();
            if (eaters[i] == 0) eat_all_memory();
        }
        for (int i = 0; i < 6; i++) {
            int64_t status = check_wait(eaters[i]);
            CHECK(status == 50 || status == STATUS_KILLED || status == STATUS_FAULT);
        }
    }
}

// Takes all memory that programs can have. Pages are touched by a system call, which fails where
// the process itself would be ended. The heap's end.
static int64_t take_all_memory(void) {
    int64_t zero = NEED(sys(open, "/dev/zero", O_RDONLY)), end = 0;
    for (int64_t step = 1024; step > 0;) {
        int64_t start = sys(sbrk, step * PAGE);
        if (start == -ENOMEM) {
            step /= 2;
            continue;
        }
        for (end = start; end < start + step * PAGE; end += PAGE) {
            if (sys(read, zero, end, 1) != 1) {
                sys(sbrk, end - (start + step * PAGE));
                return end;
            }
        }
    }
    return end;
}

// Leaves `pages` pages free, in a child that holds the rest and waits for the pipe to end.
static void hold_memory(int64_t pages, int64_t gate_read, int64_t gate_write) {
    int64_t pid = check_fork();
    if (pid == 0) {
        char byte;
        sys(close, gate_write);
        take_all_memory();
        NEED(sys(sbrk, -pages * PAGE));
        sys(read, gate_read, &byte, 1);
        sys(exit, 0);
    }
    check_until_blocked(pid);
}

// Every call that needs memory, with less and less of it: -ENOMEM or success, and no harm.
static void use_everything(void) {
    int32_t ends[2];
    static char block[3 * PAGE];
    for (size_t i = 0; i < sizeof(block); i += PAGE)
        block[i] = 1; // the pages are there, or the process ends here
    int64_t result = sys(pipe, ends);
    CHECK(result == 0 || result == -ENOMEM);
    if (result == 0) table_close(ends[0], ends[1]);
    result = sys(open, "/exhaustion-file", O_WRONLY | O_CREAT);
    CHECK(result >= 0 || result == -ENOMEM || result == -ENOSPC);
    if (result >= 0) {
        int64_t count = sys(write, result, block, sizeof(block));
        CHECK(count > 0 || count == -ENOMEM || count == -ENOSPC);
        table_close(result, result);
    }
    result = sys(mkdir, "/exhaustion-directory");
    CHECK(result == 0 || result == -ENOMEM || result == -ENOSPC);
    sys(unlink, "/exhaustion-directory");
    sys(unlink, "/exhaustion-file");
    const char *argv[] = {"echo", NULL};
    struct spawn_attributes nothing = {.inherit = SPAWN_INHERIT_NOTHING};
    result = sys(spawn, "/bin/echo", argv, 0, 0, &nothing);
    CHECK(result > 0 || result == -ENOMEM || result == -EAGAIN);
    if (result > 0) sys(wait, result, 0, 0);
    result = sys(fork);
    if (result == 0) sys(exit, 0);
    CHECK(result > 0 || result == -ENOMEM || result == -EAGAIN);
    if (result > 0) sys(wait, result, 0, 0);
}

static void without_memory(int64_t pages) {
    int32_t gate[2];
    CHECK_EQUAL(sys(pipe, gate), 0);
    hold_memory(pages, gate[0], gate[1]);
    use_everything();
    sys(exit, 0);
}

static void test_calls_without_memory(void) {
    // Most of the memory is held all the time, the rest for a round. Each round is in a process of
    // its own, since the lack of a page for its stack or data may end it; its holder is then alone
    // with its pipe, and gives the memory back.
    int32_t gate[2];
    CHECK_EQUAL(sys(pipe, gate), 0);
    hold_memory(400, gate[0], gate[1]);
    uint32_t processes = system_now().processes;
    for (int64_t pages = 60; pages >= 0; pages -= pages > 20 ? 4 : 1) {
        check_note("%lld pages", (long long)pages);
        int64_t pid = check_fork();
        if (pid == 0) without_memory(pages);
        int64_t status = check_wait(pid);
        CHECK(status == 0 || status == STATUS_KILLED || status == STATUS_FAULT);
        CHECK_UNTIL(system_now().processes == processes);
        sys(unlink, "/exhaustion-file");
        sys(unlink, "/exhaustion-directory");
    }
    table_close(gate[0], gate[1]);
    int32_t status;
    NEED(sys(wait, WAIT_ANY, &status, 0));
    CHECK_EQUAL(status, 0);
}

static void test_files_fill_memory(void) {
    static char block[64 * 1024];
    int64_t slot = NEED(sys(open, "/exhaustion-big", O_RDWR | O_CREAT | O_TRUNC));
    int64_t total = 0, count;
    while ((count = sys(write, slot, block, sizeof(block))) > 0) total += count;
    CHECK(count == -ENOSPC || count == -ENOMEM || count == -EFBIG);
    CHECK(total > 0);
    struct stat stat;
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    CHECK_EQUAL(stat.size, total);
    CHECK_EQUAL(sys(close, slot), 0);
    CHECK_EQUAL(sys(unlink, "/exhaustion-big"), 0);
}

static void test_names_fill_memory(void) {
    // Until there is no memory, or for long enough.
    char path[64];
    int made = 0;
    int64_t error = 0;
    CHECK_EQUAL(sys(mkdir, "/exhaustion-names"), 0);
    for (; made < 3000 && !error; made++) {
        snprintf(path, sizeof(path), "/exhaustion-names/%d", made);
        int64_t slot = sys(open, path, O_WRONLY | O_CREAT);
        error = slot < 0 ? slot : 0;
        if (slot >= 0) sys(close, slot);
    }
    CHECK(error == 0 || error == -ENOSPC || error == -ENOMEM);
    while (made-- > 0) {
        snprintf(path, sizeof(path), "/exhaustion-names/%d", made);
        sys(unlink, path);
    }
    CHECK_EQUAL(sys(unlink, "/exhaustion-names"), 0);
}

// ---- Processes
// -----------------------------------------------------------------------------------

static void test_processes(void) {
    struct system_info before = system_now();
    int64_t group = sys(getpid), error = 0;
    int32_t gate[2];
    uint32_t count = 0;
    CHECK_EQUAL(sys(pipe, gate), 0);
    while (!error) {
        int64_t pid = sys(fork);
        if (pid == 0) {
            char byte;
            sys(close, gate[1]);
            sys(read, gate[0], &byte, 1);
            sys(exit, 3);
        }
        count += pid > 0;
        error = pid < 0 ? pid : 0;
    }
    CHECK(error == -EAGAIN || error == -ENOMEM);
    if (error == -EAGAIN) CHECK_EQUAL(count, before.processes_max - before.processes);
    check_note("spawn fails in the same way");
    const char *argv[] = {"echo", NULL};
    struct spawn_attributes nothing = {.inherit = SPAWN_INHERIT_NOTHING};
    CHECK_EQUAL(sys(spawn, "/bin/echo", argv, 0, 0, &nothing), error);
    check_note("one ends, one fits");
    CHECK_EQUAL(sys(close, gate[1]), 0);
    int32_t status;
    NEED(sys(wait, WAIT_ANY, &status, 0));
    CHECK_EQUAL(status, 3);
    int64_t pid = NEED(sys(fork));
    if (pid == 0) sys(exit, 3);
    for (uint32_t i = 0; i < count; i++) {
        NEED(sys(wait, WAIT_ANY, &status, 0));
        CHECK_EQUAL(status, 3);
    }
    CHECK_ERROR(sys(wait, WAIT_ANY, &status, 0), ECHILD);
    CHECK(group > 0);
}

// Everyone forks as much as possible; then the group is ended from outside, all of it at once:
// those that were being born are not.
static void fork_bomb(void) {
    for (;;)
        if (sys(fork) < 0) sys(yield);
}

static bool nobody_left(int64_t group) {
    struct process_info info;
    for (int64_t pid = 0; (pid = sys(process_info, pid, &info)) >= 0; pid++)
        if (info.group == group) return false;
    return true;
}

static void test_fork_bomb(void) {
    int64_t bomb = check_fork();
    if (bomb == 0) {
        int64_t self = sys(getpid);
        sys(set_group, self, self);
        fork_bomb();
    }
    CHECK_EQUAL(sys(set_group, bomb, bomb), 0);
    struct system_info info;
    struct patience patience = {0};
    do {
        CHECK(patience_wait(&patience));
        info = system_now();
    } while (info.processes < info.processes_max && info.pages_free > 100);
    CHECK_EQUAL(sys(kill, -bomb), 0);
    CHECK_EQUAL(check_wait(bomb), STATUS_KILLED);
    CHECK_UNTIL(nobody_left(bomb));
}

// A process that has spent all processes on zombies that nobody waits for: its end frees them.
static void make_zombies(void) {
    for (;;) {
        int64_t pid = sys(fork);
        if (pid == 0) sys(exit, 0);
        if (pid < 0) sys(exit, 0);
    }
}

static void test_zombies(void) {
    CHECK_EQUAL(check_in_child(make_zombies), 0);
    struct system_info info = system_now();
    CHECK_UNTIL(system_now().processes < info.processes_max / 2);
}

// ---- Slots and pipes
// -----------------------------------------------------------------------------

// Every child fills its own table; no other notices.
static void test_slots_in_many_processes(void) {
    int64_t children[20];
    for (int i = 0; i < 20; i++) {
        children[i] = check_fork();
        if (children[i] == 0) {
            int64_t live = slots_live();
            CHECK_EQUAL(live + table_fill(), CAP_SLOTS_ORDINARY);
            table_close(3, CAP_SLOTS_ORDINARY - 1);
            CHECK_EQUAL(slots_live() + table_fill(), CAP_SLOTS_ORDINARY);
            sys(exit, 0);
        }
    }
    for (int i = 0; i < 20; i++) CHECK_EQUAL(check_wait(children[i]), 0);
}

static void test_pipes(void) {
    // Children make pipes until their tables are full; together thousands of them.
    enum { CHILDREN = 40 };
    int64_t children[CHILDREN];
    int32_t gate[2];
    CHECK_EQUAL(sys(pipe, gate), 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = check_fork();
        if (children[i] == 0) {
            int32_t ends[2];
            int64_t error;
            sys(close, gate[1]);
            while (!(error = sys(pipe, ends))) CHECK_EQUAL(sys(write, ends[1], "x", 1), 1);
            CHECK(error == -EMFILE || error == -ENOMEM);
            char byte;
            CHECK_EQUAL(sys(read, gate[0], &byte, 1), 0);
            sys(exit, 0);
        }
    }
    for (int i = 0; i < CHILDREN; i++) check_until_blocked(children[i]);
    CHECK_EQUAL(sys(close, gate[1]), 0);
    for (int i = 0; i < CHILDREN; i++) CHECK_EQUAL(check_wait(children[i]), 0);
}

static const struct test_case cases[] = {
    {"memory_one_eater", test_memory_one_eater},
    {"memory_many_eaters", test_memory_many_eaters},
    {"calls_without_memory", test_calls_without_memory},
    {"files_fill_memory", test_files_fill_memory},
    {"names_fill_memory", test_names_fill_memory},
    {"processes", test_processes},
    {"fork_bomb", test_fork_bomb},
    {"zombies", test_zombies},
    {"slots_in_many_processes", test_slots_in_many_processes},
    {"pipes", test_pipes},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
