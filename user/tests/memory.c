// SPDX-License-Identifier: MIT
// Tests of a process's memory: heap, copy on write, stack, and what a forbidden access costs: the
// process that made it, and nothing else.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096

// ---- The heap
// ------------------------------------------------------------------------------------

static void test_sbrk(void) {
    int64_t start = NEED(sys(sbrk, 0));
    CHECK_EQUAL(sys(sbrk, 3 * PAGE), start);
    CHECK_EQUAL(sys(sbrk, 0), start + 3 * PAGE);
    volatile unsigned char *heap = (volatile unsigned char *)start;
    for (int i = 0; i < 3 * PAGE; i++) CHECK_EQUAL(heap[i], 0);
    memset((void *)start, 0xaa, 3 * PAGE);
    CHECK_EQUAL(sys(sbrk, -2 * PAGE), start + 3 * PAGE);
    CHECK_EQUAL(sys(sbrk, 2 * PAGE), start + PAGE);
    check_note("what was given back comes anew as zeros");
    for (int i = 0; i < 3 * PAGE; i++) CHECK_EQUAL(heap[i], i < PAGE ? 0xaa : 0);
    CHECK_EQUAL(sys(sbrk, -3 * PAGE), start + 3 * PAGE);
}

static void test_sbrk_odd_sizes(void) {
    int64_t start = NEED(sys(sbrk, 0)), end = start;
    for (int i = 1; i < 60; i++) {
        CHECK_EQUAL(sys(sbrk, i * 97), end);
        memset((void *)end, i, (size_t)i * 97);
        end += i * 97;
    }
    for (int i = 59; i > 0; i--) {
        end -= i * 97;
        CHECK_EQUAL(*(volatile unsigned char *)end, i);
        CHECK_EQUAL(sys(sbrk, -i * 97), end + i * 97);
    }
    CHECK_EQUAL(end, start);
}

static void test_sbrk_errors(void) {
    int64_t start = NEED(sys(sbrk, 0));
    static const int64_t bad[] = {INT64_MAX,        INT64_MIN,           INT64_C(1) << 47,
                                  INT64_C(1) << 38, -(INT64_C(1) << 38), -(INT64_C(1) << 30),
                                  INT64_C(1) << 62};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_note("sbrk(%#llx)", (unsigned long long)bad[i]);
        CHECK_ERROR(sys(sbrk, bad[i]), ENOMEM);
        CHECK_EQUAL(sys(sbrk, 0), start);
    }
}

static void test_demand_zero(void) {
    uint64_t free_before = system_now().pages_free;
    int64_t start = NEED(sys(sbrk, 64 << 20));
    CHECK(system_now().pages_free + 16 >= free_before);
    for (int64_t offset = 0; offset < 64 << 20; offset += 1 << 20) {
        volatile char *byte = (volatile char *)(start + offset + 12345);
        CHECK_EQUAL(*byte, 0);
        *byte = 1;
    }
    uint64_t used = free_before - system_now().pages_free;
    CHECK(used >= 64 && used < 64 + 64 + 16);
    CHECK_EQUAL(sys(sbrk, -(64 << 20)), start + (64 << 20));
}

// ---- Copy on write
// -------------------------------------------------------------------------------

#define SHARED_PAGES 64
static unsigned char shared[SHARED_PAGES * PAGE];

static void test_copy_on_write(void) {
    pattern_fill(shared, sizeof(shared), 1);
    int32_t turn[2];
    CHECK_EQUAL(sys(pipe, turn), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        char byte;
        check_read_all(turn[0], &byte, 1); // the parent has written by now
        CHECK(pattern_is(shared, sizeof(shared), 1));
        pattern_fill(shared, sizeof(shared), 3);
        CHECK(pattern_is(shared, sizeof(shared), 3));
        sys(exit, 0);
    }
    pattern_fill(shared, sizeof(shared), 2);
    check_write_all(turn[1], "x", 1);
    CHECK_EQUAL(check_wait(pid), 0);
    CHECK(pattern_is(shared, sizeof(shared), 2));
}

static void test_copy_on_write_by_the_kernel(void) {
    // read() into a shared page must copy it too.
    memset(shared, 'a', sizeof(shared));
    int32_t data[2], turn[2];
    CHECK_EQUAL(sys(pipe, data), 0);
    CHECK_EQUAL(sys(pipe, turn), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        char byte;
        check_read_all(turn[0], &byte, 1);
        CHECK_EQUAL(shared[PAGE], 'a');
        CHECK_EQUAL(shared[PAGE + 1], 'a');
        sys(exit, 0);
    }
    check_write_all(data[1], "bb", 2);
    check_read_all(data[0], shared + PAGE, 2);
    check_write_all(turn[1], "x", 1);
    CHECK_EQUAL(shared[PAGE], 'b');
    CHECK_EQUAL(check_wait(pid), 0);
}

static void test_copy_on_write_generations(void) {
    // Five generations share pages; each changes one byte a page and checks all others.
    memset(shared, 0, sizeof(shared));
    for (int depth = 0; depth < 5; depth++) {
        for (int page = 0; page < SHARED_PAGES; page++)
            shared[page * PAGE + depth] = (unsigned char)(depth + 1);
        int64_t pid = check_fork();
        if (pid != 0) {
            int64_t status = check_wait(pid);
            for (int page = 0; page < SHARED_PAGES; page++)
                for (int i = 0; i < 6; i++)
                    CHECK_EQUAL(shared[page * PAGE + i], i <= depth ? i + 1 : 0);
            CHECK_EQUAL(status, 0);
            if (depth > 0) sys(exit, 0);
            return;
        }
    }
    sys(exit, 0);
}

static void test_fork_shares(void) {
    int64_t start = NEED(sys(sbrk, 8 << 20));
    memset((void *)start, 1, 8 << 20);
    uint64_t free_before = system_now().pages_free;
    int32_t gate[2];
    CHECK_EQUAL(sys(pipe, gate), 0);
    int64_t pid = check_fork();
    if (pid == 0) {
        char byte;
        sys(close, gate[1]);
        sys(read, gate[0], &byte, 1);
        sys(exit, 0);
    }
    check_until_blocked(pid);
    CHECK(free_before - system_now().pages_free < 100); // of 2048
    CHECK_EQUAL(sys(close, gate[1]), 0);
    CHECK_EQUAL(check_wait(pid), 0);
}

// ---- Faults
// --------------------------------------------------------------------------------------

static const char constant[] = "read-only";
static char data_area[64] = {1};

static volatile uint64_t address; // volatile, so that the compiler does not see what is coming

static void do_read(void) { (void)*(volatile char *)address; }

static void do_write(void) { *(volatile char *)address = 1; }

static void do_execute(void) { ((void (*)(void))address)(); }

struct forbidden {
    const char *name;
    uint64_t address;
};

static void each_forbidden(const struct forbidden *table, size_t count, void (*access)(void),
                           const char *what) {
    for (size_t i = 0; i < count; i++) {
        check_note("%s %s", what, table[i].name);
        address = table[i].address;
        CHECK_EQUAL(check_in_child(access), STATUS_FAULT);
    }
}

static const struct forbidden nowhere[] = {
    {"null", 0},
    {"a small address", 0x18},
    {"the page below the stack", 0x200800},
    {"the page below the programs", 0x2ff800},
    {"far up in user space", UINT64_C(0x3000000000)},
    {"the last user address", UINT64_C(0x3fffffffff)},
    {"the first address above Sv39's lower half", UINT64_C(0x4000000000)},
    {"the end of the lower half", UINT64_C(0x7fffffffffff)},
    {"no canonical address", UINT64_C(0x8000000000000000)},
    {"the kernel (riscv64 image)", UINT64_C(0xffffffc080200000)},
    {"the kernel (x86_64 image)", UINT64_C(0xffffffff80200000)},
    {"the kernel (x86_64 direct map)", UINT64_C(0xffff800000001000)},
    {"the last byte", UINT64_MAX},
};
#define NOWHERE (sizeof(nowhere) / sizeof(nowhere[0]))

static void test_faults_nowhere(void) {
    each_forbidden(nowhere, NOWHERE, do_read, "read");
    each_forbidden(nowhere, NOWHERE, do_write, "write");
    each_forbidden(nowhere, NOWHERE, do_execute, "execute");
}

static void test_write_protected(void) {
    const struct forbidden table[] = {
        {"text", (uint64_t)&do_read},
        {"a constant", (uint64_t)constant},
    };
    each_forbidden(table, 2, do_write, "write");
}

static void test_execute_data(void) {
    char stack_area[16] = {0};
    int64_t heap = NEED(sys(sbrk, PAGE));
    *(volatile char *)heap = 0;
    const struct forbidden table[] = {
        {"data", (uint64_t)data_area},
        {"zeroed data", (uint64_t)shared},
        {"the stack", (uint64_t)stack_area},
        {"the heap", (uint64_t)heap},
    };
    each_forbidden(table, 4, do_execute, "execute");
}

static void test_heap_end(void) {
    int64_t start = NEED(sys(sbrk, 2 * PAGE));
    *(volatile char *)(start + 2 * PAGE - 1) = 1;
    NEED(sys(sbrk, -2 * PAGE));
    address = (uint64_t)((start + PAGE - 1) / PAGE * PAGE + PAGE);
    check_note("above the end of the heap");
    CHECK_EQUAL(check_in_child(do_read), STATUS_FAULT);
    CHECK_EQUAL(check_in_child(do_write), STATUS_FAULT);
}

static void test_illegal_instruction(void) { CHECK_EQUAL(check_in_child(abort), STATUS_ILLEGAL); }

// ---- The stack
// -----------------------------------------------------------------------------------

static int __attribute__((noinline)) recurse(int depth) {
    volatile char frame[512];
    frame[0] = (char)depth;
    frame[511] = 1;
    return depth == 0 ? frame[0] : recurse(depth - 1) + frame[511];
}

static void overflow_stack(void) { recurse(1 << 24); }

static void test_stack_grows(void) {
    CHECK_EQUAL(recurse(1500), 1500); // about 800 KiB
}

static void test_stack_overflow(void) { CHECK_EQUAL(check_in_child(overflow_stack), STATUS_FAULT); }

static void read_below_stack_pointer(void) {
    // The whole stack is there, also where it has not grown to yet: a system call may be handed it.
    char here;
    address = (uint64_t)&here - 200 * 1024;
    volatile char *low = (volatile char *)address;
    CHECK_EQUAL(sys(read, 100, low, 1), -EBADF);
    *low = 1;
}

static void test_stack_region(void) { CHECK_EQUAL(check_in_child(read_below_stack_pointer), 0); }

static const struct test_case cases[] = {
    {"sbrk", test_sbrk},
    {"sbrk_odd_sizes", test_sbrk_odd_sizes},
    {"sbrk_errors", test_sbrk_errors},
    {"demand_zero", test_demand_zero},
    {"copy_on_write", test_copy_on_write},
    {"copy_on_write_by_the_kernel", test_copy_on_write_by_the_kernel},
    {"copy_on_write_generations", test_copy_on_write_generations},
    {"fork_shares", test_fork_shares},
    {"faults_nowhere", test_faults_nowhere},
    {"write_protected", test_write_protected},
    {"execute_data", test_execute_data},
    {"heap_end", test_heap_end},
    {"illegal_instruction", test_illegal_instruction},
    {"stack_grows", test_stack_grows},
    {"stack_overflow", test_stack_overflow},
    {"stack_region", test_stack_region},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
