// SPDX-License-Identifier: MIT
// Every pointer argument of every call, by the letters in abi/syscalls.def, with addresses that
// must be refused with EFAULT and no effect: null, unmapped, kernel, read-only, straddling,
// wrapping.
#include "check.h"
#include "lib/threads.h"

#include <string.h>

#define PAGE 4096

static const char read_only[PAGE] = "a constant that calls must not write to";
static const char *edge; // the last byte before unmapped memory is edge[-1]

struct call {
    int number;
    const char *name;
    const char *letters;
};

#define SYSCALL(number, name, arguments, first, second, summary) {number, #name, arguments},
static const struct call calls[] = {
#include "abi/syscalls.def"
};
#undef SYSCALL

struct bad_address {
    const char *name;
    uint64_t address;
    bool only_written; // good for reading
};
static struct bad_address bad[24];
static size_t bad_count;

static void bad_add(const char *name, uint64_t address, bool only_written) {
    bad[bad_count++] = (struct bad_address){name, address, only_written};
}

// No zero, so that a string runs over the edge.
static void edge_fill(void) { memset((char *)edge - PAGE, 'x', PAGE); }

static void addresses_make(void) {
    int64_t top = NEED(sys(sbrk, 0));
    int64_t page = (top + PAGE - 1) / PAGE * PAGE;
    NEED(sys(sbrk, page + PAGE - top));
    edge = (const char *)page + PAGE;
    bad_add("null", 0, false);
    bad_add("one", 1, false);
    bad_add("the page below the stack", 0x200ff8, false);
    bad_add("unmapped", UINT64_C(0x2000000000), false);
    bad_add("behind the heap", (uint64_t)edge, false);
    bad_add("straddling, 1 byte in", (uint64_t)edge - 1, false);
    bad_add("straddling, 3 bytes in", (uint64_t)edge - 3, false);
    bad_add("the end of Sv39's user space", UINT64_C(0x3ffffffffe), false);
    bad_add("above Sv39's user space", UINT64_C(0x4000000000), false);
    bad_add("the end of user space", UINT64_C(0x7ffffffffffe), false);
    bad_add("not canonical", UINT64_C(0x8000000000000000), false);
    bad_add("not canonical, lowest", UINT64_C(0x0000800000000000), false);
    bad_add("not canonical, above user space", UINT64_C(0x0001000000000000) + 0x300000, false);
    bad_add("kernel image (riscv64)", UINT64_C(0xffffffc080200000), false);
    bad_add("kernel memory (riscv64)", UINT64_C(0xffffffc081000000), false);
    bad_add("kernel image (x86_64)", UINT64_C(0xffffffff80200000), false);
    bad_add("kernel memory (x86_64)", UINT64_C(0xffff800001000000), false);
    bad_add("wrapping, last byte", UINT64_MAX, false);
    bad_add("wrapping, 7 bytes", UINT64_MAX - 6, false);
    bad_add("a constant", (uint64_t)read_only, true);
    bad_add("a constant's text", (uint64_t)&addresses_make, true);
}

// ---- Good arguments, so that only the pointer is wrong
// -------------------------------------------

static int32_t pipe_ends[2];
static int64_t directory, file, zero_device;
static int64_t writable; // a file that is empty
static int64_t queue, timer, thread;
static char scratch[8192];
static const char *good_vector[] = {"argument", NULL};

static void objects_open(void) {
    check_make_file("/pointer-file", "contents of the file", 20);
    check_make_file("/pointer-empty", "", 0);
    file = NEED(sys(open, "/pointer-file", O_RDONLY));
    writable = NEED(sys(open, "/pointer-empty", O_WRONLY));
    directory = NEED(sys(open, "/dev", O_RDONLY));
    zero_device = NEED(sys(open, "/dev/zero", O_RDONLY));
    CHECK_EQUAL(sys(pipe, pipe_ends), 0);
    check_write_all(pipe_ends[1], "in the pipe", 11);
    queue = NEED(sys(queue_create, 2, 512));
    CHECK_EQUAL(sys(queue_send, queue, "message", 7, 5, 0), 0);
    timer = NEED(sys(timer_create));
    thread = start(twice, 0);
    while (threads_now() > 1) sys(yield);
}

// The descriptor that a call can use.
static int64_t good_handle(int number) {
    switch (number) {
    case SYS_write: return writable;
    case SYS_read_directory: return directory;
    case SYS_queue_send:
    case SYS_queue_receive: return queue;
    case SYS_timer_gettime: return timer;
    default: return file;
    }
}

static uint64_t good_pointer(const struct call *call, char letter) {
    switch (letter) {
    case 's':
        if (call->number == SYS_file_system_info) return (uint64_t) "/";
        return (uint64_t)(call->number == SYS_exec || call->number == SYS_spawn ? check_program
                                                                                : "/pointer-none");
    case 'v': return (uint64_t)good_vector;
    default: return (uint64_t)scratch;
    }
}

static void good_arguments(const struct call *call, uint64_t arguments[6]) {
    memset(arguments, 0, 6 * sizeof(arguments[0]));
    memset(scratch, 0, sizeof(scratch));
    edge_fill();
    for (int i = 0; call->letters[i]; i++) {
        switch (call->letters[i]) {
        case 'h': arguments[i] = (uint64_t)good_handle(call->number); break;
        case 'n': arguments[i] = 512; break;
        case 's':
        case 'v':
        case 'r':
        case 'w': arguments[i] = good_pointer(call, call->letters[i]); break;
        }
    }
    if (call->number == SYS_cap_inspect || call->number == SYS_process_info)
        arguments[0] = 1; // init
    if (call->number == SYS_cap_inspect) arguments[1] = 0;
    if (call->number == SYS_cap_transfer) {
        arguments[0] = (uint64_t)NEED(sys(cap_get_token, pipe_ends[0], CAP_TYPE_FILE));
        arguments[1] = (uint64_t)sys(getppid);
    }
    if (call->number == SYS_thread_join) arguments[0] = (uint64_t)thread;
    if (call->number == SYS_spawn) arguments[3] = 1; // one action
    if (call->number == SYS_wait) arguments[0] = (uint64_t)WAIT_ANY;
}

// Null is an answer, not a mistake, where a caller may have nothing to say or want nothing to know.
static bool null_is_allowed(const struct call *call, int index) {
    return (call->number == SYS_wait && index == 1) || (call->number == SYS_spawn && index >= 4) ||
           (call->number == SYS_exec && index == 2) ||
           (call->number == SYS_queue_receive && index == 3) || call->number == SYS_thread_join;
}

static int64_t call_with(const struct call *call, const uint64_t a[6]) {
    return raw_calls[call->number](a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Nothing has changed: no slot, no child, no byte read or written, no name made.
static void check_no_effect(int64_t live) {
    struct stat stat;
    CHECK_EQUAL(slots_live(), live);
    CHECK_ERROR(sys(open, "/pointer-none", O_RDONLY), ENOENT);
    CHECK_EQUAL(sys(fstat, writable, &stat), 0);
    CHECK_EQUAL(stat.size, 0);
    CHECK_EQUAL(sys(lseek, file, 0, SEEK_CUR), 0);
    CHECK_EQUAL(sys(lseek, writable, 0, SEEK_CUR), 0);
    CHECK_BYTES(read_only, "a constant that calls must not write to", 40);
}

static void check_pointer(const struct call *call, int index) {
    char letter = call->letters[index];
    int64_t live = slots_live();
    for (size_t i = 0; i < bad_count; i++) {
        uint64_t arguments[6];
        if ((bad[i].only_written && letter != 'w') ||
            (bad[i].address == 0 && null_is_allowed(call, index)))
            continue;
        check_note("%s, argument %d: %s", call->name, index, bad[i].name);
        good_arguments(call, arguments);
        arguments[index] = bad[i].address;
        CHECK_ERROR(call_with(call, arguments), EFAULT);
        check_no_effect(live);
    }
}

static void prepare(void) {
    objects_open();
    addresses_make(); // last: the heap must not grow after
}

static void finish(void) {
    CHECK_EQUAL(join(thread), 0); // still to be had
    // The one message is still there, whole.
    CHECK_EQUAL(sys(queue_receive, queue, scratch, 512, NULL, 0), 7);
    CHECK_BYTES(scratch, "message", 7);
    CHECK_ERROR(sys(queue_receive, queue, scratch, 512, NULL, 0), ETIMEDOUT);
    CHECK_EQUAL(sys(unlink, "/pointer-file"), 0);
    CHECK_EQUAL(sys(unlink, "/pointer-empty"), 0);
}

static void test_every_argument(void) {
    prepare();
    int pointers = 0;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (int index = 0; calls[i].letters[index]; index++) {
            if (!strchr("svrw", calls[i].letters[index])) continue;
            pointers++;
            // wait() with a bad pointer must be refused also when a child is there to be lost.
            int64_t child = calls[i].number == SYS_wait ? check_fork() : -1;
            if (child == 0) sys(exit, 21);
            check_pointer(&calls[i], index);
            if (child > 0) CHECK_EQUAL(check_wait(child), 21);
        }
    }
    CHECK(pointers >= 18);
    finish();
}

// The same kinds of address for the other kinds of file.
static void test_other_files(void) {
    prepare();
    int64_t random = NEED(sys(open, "/dev/random", O_RDONLY));
    int64_t console = NEED(sys(open, "/dev/console", O_RDWR));
    int64_t live = slots_live();
    struct stat stat;
    for (size_t i = 0; i < bad_count; i++) {
        check_note("%s", bad[i].name);
        uint64_t address = bad[i].address;
        int64_t count = sys(read, pipe_ends[0], address, 100);
        CHECK(count == -EFAULT);
        CHECK_ERROR(sys(read, zero_device, address & ~UINT64_C(3), 100), EFAULT);
        CHECK_ERROR(sys(read, random, address & ~UINT64_C(3), 100), EFAULT);
        if (!bad[i].only_written) {
            CHECK_ERROR(sys(write, pipe_ends[1], address, 100), EFAULT);
            if (strncmp(bad[i].name, "straddling", 10) != 0)
                CHECK_ERROR(sys(write, console, address, 100), EFAULT);
        }
        CHECK_EQUAL(sys(fstat, pipe_ends[0], &stat), 0);
        CHECK_EQUAL(stat.size, 11);
        CHECK_EQUAL(slots_live(), live);
    }
    check_read_all(pipe_ends[0], scratch, 11);
    CHECK_BYTES(scratch, "in the pipe", 11);
    finish();
}

// Sizes that no buffer has.
static void test_huge_sizes(void) {
    prepare();
    static const uint64_t sizes[] = {UINT64_MAX,        INT64_MAX,         (uint64_t)INT64_MAX + 1,
                                     UINT64_C(1) << 47, UINT64_C(1) << 38, UINT64_MAX - PAGE + 1};
    const int64_t readers[] = {file, zero_device, pipe_ends[0]};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int k = 0; k < 3; k++) {
            check_note("size %#llx, reader %d", (unsigned long long)sizes[i], k);
            int64_t count = sys(read, readers[k], edge - 16, sizes[i]);
            // What fits may be delivered; more than there is room for may not.
            CHECK(count == -EFAULT || count == -EINVAL || (count > 0 && count <= 20));
        }
        check_note("size %#llx", (unsigned long long)sizes[i]);
        int64_t count = sys(write, writable, edge - 16, sizes[i]);
        CHECK(count == -EFAULT || count == -EINVAL);
        count = sys(write, pipe_ends[1], edge - 16, sizes[i]);
        CHECK(count == -EFAULT || count == -EINVAL);
        count = sys(read_directory, directory, edge - 16, sizes[i]);
        CHECK(count == -EFAULT || count == -EINVAL);
    }
    finish();
}

// Pointers inside of structures: the strings of an argument vector, the paths of file actions.
static void test_inner_pointers(void) {
    prepare();
    int64_t live = slots_live();
    for (size_t i = 0; i < bad_count; i++) {
        if (bad[i].only_written || bad[i].address == 0) continue;
        check_note("%s", bad[i].name);
        edge_fill();
        uint64_t vector[] = {(uint64_t) "program", bad[i].address, 0};
        CHECK_ERROR(sys(exec, check_program, vector), EFAULT);
        struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING};
        CHECK_ERROR(sys(spawn, check_program, vector, 0, 0, &attributes), EFAULT);
        struct spawn_action action = {.kind = SPAWN_FA_OPEN, .slot = 3, .path = bad[i].address};
        CHECK_ERROR(sys(spawn, check_program, good_vector, &action, 1, &attributes), EFAULT);
        check_no_effect(live);
    }
    check_note("a vector without an end");
    uint64_t *vector = (uint64_t *)(edge - 64);
    for (int i = 0; i < 8; i++) vector[i] = (uint64_t) "x";
    CHECK_ERROR(sys(exec, check_program, vector), EFAULT);
    finish();
}

// A string may end with the last byte of mapped memory.
static void test_strings_at_the_edge(void) {
    prepare();
    char *path = (char *)edge - 10;
    memcpy(path, "/dev/null", 10);
    int64_t slot = NEED(sys(open, path, O_RDONLY));
    CHECK_EQUAL(sys(close, slot), 0);
    struct stat *stat = (struct stat *)(edge - sizeof(struct stat));
    CHECK_EQUAL(sys(fstat, file, stat), 0);
    CHECK_EQUAL(stat->size, 20);
    CHECK_EQUAL(sys(read, file, edge - 20, 20), 20);
    finish();
}

#define COPY_MAX 300

static char piece[COPY_MAX + 8], around[COPY_MAX + 32];

// From one alignment to another: exactly those bytes that were asked for.
static void check_copies(size_t from, size_t to) {
    for (size_t size = 0; size <= COPY_MAX; size += 1 + (size > 40) * (size % 5)) {
        check_note("%zu bytes from %zu to %zu", size, from, to);
        memset(around, '.', sizeof(around));
        CHECK_EQUAL(sys(lseek, writable, from, SEEK_SET), from);
        CHECK_EQUAL(sys(read, writable, around + 16 + to, size), size);
        CHECK(memcmp(around + 16 + to, piece + from, size) == 0);
        CHECK(around[15 + to] == '.' && around[16 + to + size] == '.');
        memset(around, '.', sizeof(around));
        CHECK_EQUAL(sys(write, pipe_ends[1], piece + from, size), size);
        if (size > 0) CHECK_EQUAL(sys(read, pipe_ends[0], around + 16 + to, size), size);
        CHECK(memcmp(around + 16 + to, piece + from, size) == 0);
        CHECK(around[15 + to] == '.' && around[16 + to + size] == '.');
    }
}

// Copies in words and blocks, and what is left of them.
static void test_every_alignment(void) {
    prepare();
    pattern_fill(piece, sizeof(piece), 3);
    writable = NEED(sys(open, "/pointer-copies", O_RDWR | O_CREAT));
    check_write_all(writable, piece, sizeof(piece));
    char rest[16];
    CHECK_EQUAL(sys(read, pipe_ends[0], rest, sizeof(rest)), 11);
    for (size_t from = 0; from < 8; from++)
        for (size_t to = 0; to < 8; to++) check_copies(from, to);
    CHECK_EQUAL(sys(unlink, "/pointer-copies"), 0);
    finish();
}

static const struct test_case cases[] = {
    {"every_argument", test_every_argument},
    {"other_files", test_other_files},
    {"huge_sizes", test_huge_sizes},
    {"inner_pointers", test_inner_pointers},
    {"strings_at_the_edge", test_strings_at_the_edge},
    {"every_alignment", test_every_alignment},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
